// The header's JSON is read as a stream of events: a value that does not belong where it stands ends the reading at
// once, however deep or long what follows is.

#include <models/files/safetensors_header.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>

#include <models/files/file.hpp>
#include <models/files/shape.hpp>

namespace downhill {
namespace {

using utf8::in_quotes;
using Tensor = SafeTensorsHeader::Tensor;

constexpr std::string_view metadata_name = "__metadata__";
constexpr std::array<std::string_view, 3> fields{"dtype", "shape", "data_offsets"};
enum Field : std::size_t { dtype_field, shape_field, offsets_field };

[[noreturn]] void fail(std::string_view source, const std::string& what) {
  throw DataError(
      fmt::format("{}: {}; get the file again, or correct the program that wrote it", utf8::printable(source), what));
}

class HeaderParser final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderParser(std::string_view source, std::uint64_t data_size) : source_(source), data_size_(data_size) {}

  SafeTensorsHeader parse(std::string_view text) {
    if (const std::size_t zero = text.find('\0'); zero != text.npos) not_json(zero + 1);  // to the parser an end
    nlohmann::json::sax_parse(text.begin(), text.end(), this);
    return std::move(header_);
  }

  bool start_object(std::size_t) override {
    switch (place_) {
      case Place::outside: place_ = Place::header; return true;
      case Place::header:
        place_ = name_ == metadata_name ? Place::metadata : Place::tensor;
        seen_ = {};
        return true;
      default: wrong_value();
    }
  }

  bool key(std::string& key) override {
    if (place_ == Place::header) {
      name_ = std::move(key);
      if (name_ == metadata_name && std::exchange(has_metadata_, true)) complain("__metadata__ is there twice");
    } else if (place_ == Place::metadata) {
      key_ = std::move(key);
      if (header_.metadata.contains(key_)) complain(fmt::format("the metadata {} is there twice", in_quotes(key_)));
    } else {
      const auto found = std::ranges::find(fields, key);
      if (found == fields.end()) complain(fmt::format("{} has an unknown field {}", tensor(), in_quotes(key)));
      field_ = static_cast<Field>(std::distance(fields.begin(), found));
      if (std::exchange(seen_[field_], true)) complain(fmt::format("{} has two fields '{}'", tensor(), key));
    }
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::metadata) {
      header_.metadata.emplace(std::move(key_), std::move(text));
    } else if (place_ == Place::tensor && field_ == dtype_field) {
      const std::optional<Dtype> known = dtype_named(text);
      if (!known)
        throw DataError(fmt::format("{}: {} has the unknown dtype {}; convert it to one of {}",
                                    utf8::printable(source_), tensor(), in_quotes(text), dtype_names()));
      dtype_ = *known;
    } else {
      wrong_value();
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || field_ == dtype_field) wrong_value();
    place_ = Place::numbers;
    return true;
  }

  bool number_unsigned(std::uint64_t number) override {
    if (place_ != Place::numbers) wrong_value();
    if (field_ == offsets_field) {
      if (offsets_.size() == 2) wrong_offsets();
      offsets_.push_back(number);
    } else {
      if (!std::in_range<std::size_t>(number)) wrong_value();
      if (shape_.size() == most_dimensions)
        complain(fmt::format("{} has more than {} dimensions", tensor(), most_dimensions));
      shape_.push_back(static_cast<std::size_t>(number));
    }
    return true;
  }

  bool end_array() override {
    place_ = Place::tensor;
    if (field_ == offsets_field && offsets_.size() != 2) wrong_offsets();
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) add_tensor();
    place_ = place_ == Place::header ? Place::outside : Place::header;
    return true;
  }

  bool null() override { wrong_value(); }
  bool boolean(bool) override { wrong_value(); }
  bool number_integer(std::int64_t) override { wrong_value(); }
  bool number_float(double, const std::string&) override { wrong_value(); }
  bool binary(nlohmann::json::binary_t&) override { wrong_value(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    constexpr int number_beyond_doubles = 406;
    if (error.id == number_beyond_doubles) wrong_value();
    not_json(position);
  }

 private:
  enum class Place { outside, header, metadata, tensor, numbers };

  [[noreturn]] void complain(const std::string& what) const { fail(source_, what); }
  std::string tensor() const { return "tensor " + in_quotes(name_); }

  [[noreturn]] void not_json(std::size_t position) const {
    constexpr std::size_t before_header = 8;
    complain(fmt::format("the header is not JSON in UTF-8: see byte {} of the file", before_header + position));
  }
  [[noreturn]] void wrong_offsets() const { complain("the data_offsets of " + tensor() + " are not two numbers"); }
  [[noreturn]] void wrong_value() const {
    if (place_ == Place::metadata) complain(fmt::format("the metadata {} is not a string", in_quotes(key_)));
    if (place_ == Place::header && name_ == metadata_name) complain("__metadata__ is not an object of strings");
    if (place_ == Place::header) complain(tensor() + " is not an object with dtype, shape and data_offsets");
    if (field_ == dtype_field) complain("the dtype of " + tensor() + " is not a string");
    complain(fmt::format("the {} of {} is not a list of whole numbers from 0 to 18446744073709551615", fields[field_],
                         tensor()));
  }

  void add_tensor() {
    for (const Field field : {dtype_field, shape_field, offsets_field})
      if (!seen_[field]) complain(fmt::format("{} has no {}", tensor(), fields[field]));
    const std::uint64_t begin = offsets_[0], end = offsets_[1];
    const auto announced = [&] {
      return fmt::format("{} of shape {} and type {}", tensor(), text_of(shape_), name_of(dtype_));
    };
    const std::optional<std::size_t> needed = bytes_of(shape_, size_of(dtype_));
    if (!needed) complain(announced() + " would be larger than any memory");
    if (begin > end)
      complain(fmt::format("the data_offsets of {}, {} and {}, end before they begin", tensor(), begin, end));
    if (end - begin != *needed)
      complain(fmt::format("{} has {} bytes, but its data_offsets, {} and {}, hold {}", announced(), *needed, begin,
                           end, end - begin));
    if (end > data_size_)
      complain(fmt::format("{} ends at byte {} of the data, but there are only {}", tensor(), end, data_size_));
    header_.tensors.push_back({std::move(name_), dtype_, shape_, begin, end});
    shape_.clear();
    offsets_.clear();
  }

  std::string_view source_;
  std::uint64_t data_size_;
  Place place_ = Place::outside;
  bool has_metadata_ = false;
  std::string name_, key_;  // of the tensor, or "__metadata__"; of what is in the metadata
  Field field_ = dtype_field;
  std::array<bool, fields.size()> seen_{};
  Dtype dtype_ = Dtype::float32;
  std::vector<std::size_t> shape_;
  std::vector<std::uint64_t> offsets_;
  SafeTensorsHeader header_;
};

std::optional<std::string_view> name_twice(const std::vector<Tensor>& tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const Tensor& tensor : tensors) names.push_back(tensor.name);
  std::ranges::sort(names);
  const auto twin = std::ranges::adjacent_find(names);
  return twin == names.end() ? std::nullopt : std::optional(*twin);
}

// Tensors in the order of their bytes.
void check_cover(const std::vector<Tensor>& tensors, std::uint64_t data_size, std::string_view source) {
  std::uint64_t covered = 0;
  std::string_view previous;
  for (const Tensor& tensor : tensors) {
    if (tensor.begin < covered)
      fail(source, fmt::format("tensors {} and {} overlap", in_quotes(previous), in_quotes(tensor.name)));
    if (tensor.begin > covered)
      fail(source, fmt::format("bytes {} to {} of the data, before tensor {}, belong to no tensor", covered,
                               tensor.begin, in_quotes(tensor.name)));
    covered = tensor.end;
    previous = tensor.name;
  }
  if (covered != data_size)
    fail(source, fmt::format("bytes {} to {} of the data, at its end, belong to no tensor", covered, data_size));
}

[[noreturn]] void fail_to_write(std::string_view source, const std::string& what) {
  throw DataError(fmt::format("{}: cannot be written: {}", utf8::printable(source), what));
}

const std::string& utf8_text(const std::string& text, std::string_view source) {
  if (!utf8::is_sound(text)) fail_to_write(source, in_quotes(text) + " is not UTF-8; encode names and metadata so");
  return text;
}

}  // namespace

SafeTensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_size, std::string_view source) {
  if (!json.starts_with('{'))
    throw DataError(fmt::format("{}: not a safetensors file: its header does not start with {{; check the path",
                                utf8::printable(source)));
  SafeTensorsHeader header = HeaderParser(source, data_size).parse(json);
  if (const auto name = name_twice(header.tensors))
    fail(source, fmt::format("tensor {} is there twice", in_quotes(*name)));
  std::ranges::sort(header.tensors, {}, [](const Tensor& tensor) { return std::pair(tensor.begin, tensor.end); });
  check_cover(header.tensors, data_size, source);
  return header;
}

std::string format_safetensors_header(const SafeTensorsHeader& header, std::string_view source) {
  if (const auto name = name_twice(header.tensors))
    fail_to_write(source, fmt::format("two tensors are called {}; give each a name of its own", in_quotes(*name)));
  for (const Tensor& tensor : header.tensors) {
    if (tensor.name == metadata_name) fail_to_write(source, "a tensor is called __metadata__; give it another name");
    if (tensor.shape.size() > most_dimensions)
      fail_to_write(source, fmt::format("tensor {} has {} dimensions; {} are the most", in_quotes(tensor.name),
                                        tensor.shape.size(), most_dimensions));
  }
  using Json = nlohmann::ordered_json;
  Json::object_t metadata, members;  // no name is there twice, so none is looked for
  for (const auto& [key, value] : header.metadata)
    metadata.emplace_back(utf8_text(key, source), utf8_text(value, source));
  if (!metadata.empty()) members.emplace_back(metadata_name, std::move(metadata));
  for (const Tensor& tensor : header.tensors)
    members.emplace_back(
        utf8_text(tensor.name, source),
        Json{{"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {tensor.begin, tensor.end}}});
  std::string text = Json(std::move(members)).dump();
  constexpr std::size_t alignment = 8;
  text.append((alignment - text.size() % alignment) % alignment, ' ');
  if (text.size() > largest_header)
    fail_to_write(source, fmt::format("the header would have {} bytes, and {} are the most; give it fewer tensors or "
                                      "less metadata",
                                      text.size(), largest_header));
  return text;
}

}  // namespace downhill
