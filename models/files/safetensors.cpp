// A file's bytes from and to tensors; the header has a file of its own.

#include <models/files/safetensors.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <new>
#include <system_error>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>

#include <autodiff/files/atomic_file.hpp>
#include <models/files/file.hpp>
#include <models/files/shape.hpp>

namespace downhill {
namespace {

using utf8::in_quotes;
using utf8::printable;

constexpr std::size_t prefix_size = 8;
constexpr bool is_swapped = std::endian::native == std::endian::big;

[[noreturn]] void fail(std::string_view source, const std::string& what) {
  throw DataError(fmt::format("{}: {}", printable(source), what));
}

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path) : OpenFile() {
    source_ = path.string();
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe may have nobody who writes: no waiting
    struct stat status = {};
    if (file_ < 0 || ::fstat(file_, &status) != 0) fail_to_read(std::generic_category().message(errno));
    if (S_ISDIR(status.st_mode)) fail_to_read("it is a directory");
    if (!S_ISREG(status.st_mode)) fail_to_read("it is not a regular file, so its size is unknown");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }

  std::uint64_t size() const { return size_; }

  void read(std::span<std::byte> into) const {
    while (!into.empty()) {
      const ssize_t got = ::read(file_, into.data(), into.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_to_read(std::generic_category().message(errno));
      if (got == 0) fail(source_, "cut short while it was read; read it when it is complete");
      into = into.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  OpenFile() = default;  // once it is done the destructor closes the file, whatever the other constructor meets
  [[noreturn]] void fail_to_read(const std::string& why) const {
    fail(source_, fmt::format("cannot be read: {}; check the path", why));
  }

  std::string source_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

std::unique_ptr<std::byte[]> allocate(std::uint64_t size, std::string_view source) {
  try {
    return std::make_unique_for_overwrite<std::byte[]>(size);
  } catch (const std::bad_alloc&) {
    fail(source, fmt::format("no memory for its {} bytes of data; use a machine that has more", size));
  }
}

// `read` fills a span with what comes next of `size` bytes.
template <class Read>
SafeTensors load(std::string source, std::uint64_t size, Read&& read) {
  if (size < prefix_size)
    fail(source, fmt::format("not a safetensors file: it has {} bytes, and its first 8 would be the length of its "
                             "header; get the file again",
                             size));
  std::array<std::byte, prefix_size> prefix;
  read(std::span(prefix));
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < prefix_size; ++i) length |= std::to_integer<std::uint64_t>(prefix[i]) << (8 * i);
  if (length > largest_header)
    fail(source, fmt::format("not a safetensors file: the length of its header would be {} bytes, and the most is {}; "
                             "check the path",
                             length, largest_header));
  const std::uint64_t rest = size - prefix_size;
  if (length > rest)
    fail(source, fmt::format("the header is cut short: {} of {} bytes; get the file again", rest, length));
  std::string json(static_cast<std::size_t>(length), '\0');
  read(std::as_writable_bytes(std::span(json)));
  SafeTensorsHeader header = parse_safetensors_header(json, rest - length, source);

  const auto data_size = static_cast<std::size_t>(rest - length);
  std::unique_ptr<std::byte[]> data = allocate(data_size, source);
  read(std::span(data.get(), data_size));
  if constexpr (is_swapped)
    for (const auto& tensor : header.tensors)
      reverse_each({data.get() + tensor.begin, data.get() + tensor.end}, size_of(tensor.dtype));
  return {std::move(source), std::move(header), std::move(data)};
}

void write_elements(AtomicFile& file, const TensorView& tensor) {
  if constexpr (is_swapped) {
    std::array<std::byte, std::size_t{1} << 16> block;
    for (auto left = tensor.bytes; !left.empty();) {
      const auto part = std::span(block).first(std::min(left.size(), block.size()));
      std::ranges::copy(left.first(part.size()), part.begin());
      reverse_each(part, size_of(tensor.dtype));
      file.write(part);
      left = left.subspan(part.size());
    }
  } else {
    file.write(tensor.bytes);
  }
}

}  // namespace

SafeTensors::SafeTensors(std::string source, SafeTensorsHeader header, std::unique_ptr<std::byte[]> data)
    : source_(std::move(source)), metadata_(std::move(header.metadata)), data_(std::move(data)) {
  tensors_.reserve(header.tensors.size());
  for (auto& [name, dtype, shape, begin, end] : header.tensors)
    tensors_.push_back({std::move(name), dtype, std::move(shape), {data_.get() + begin, data_.get() + end}});
  std::ranges::sort(tensors_, {}, &TensorView::name);
}

const TensorView* SafeTensors::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(tensors_, name, {},
                                              [](const TensorView& tensor) { return std::string_view(tensor.name); });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

const TensorView& SafeTensors::at(std::string_view name) const& {
  if (const TensorView* const found = find(name)) return *found;
  constexpr std::size_t most_names = 10;
  std::string known;
  for (const TensorView& tensor : std::span(tensors_).first(std::min(tensors_.size(), most_names)))
    known += (known.empty() ? "the tensors are " : ", ") + in_quotes(tensor.name);
  if (known.empty()) known = "it has none";
  if (tensors_.size() > most_names) known += fmt::format(" and {} more", tensors_.size() - most_names);
  fail(source_, fmt::format("no tensor {}; {}", in_quotes(name), known));
}

void SafeTensors::check_shape(const TensorView& tensor, const std::vector<std::size_t>& shape, std::size_t size) const {
  if (tensor.shape != shape)
    fail(source_, fmt::format("tensor {} is of shape {}, where {} is needed; is it a file of this model?",
                              in_quotes(tensor.name), text_of(tensor.shape), text_of(shape)));
  if (tensor.size() != size)
    throw ShapeError(fmt::format("{}: tensor {} of shape {} was to go into {} elements; give it {}", printable(source_),
                                 in_quotes(tensor.name), text_of(shape), size, tensor.size()));
}

void SafeTensors::does_not_fit(const TensorView& tensor, std::size_t index, Dtype type) const {
  fail(source_, fmt::format("element {} of tensor {}, of type {}, is {}, which is not a value of type {}; ask for a "
                            "wider one",
                            index, in_quotes(tensor.name), name_of(tensor.dtype),
                            element_text(tensor.dtype, tensor.bytes, index), name_of(type)));
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  const OpenFile file(path);
  return load(path.string(), file.size(), [&](std::span<std::byte> into) { file.read(into); });
}

SafeTensors parse_safetensors(std::string_view bytes, std::string_view source) {
  auto left = std::as_bytes(std::span(bytes));
  return load(std::string(source), bytes.size(), [&](std::span<std::byte> into) {
    std::ranges::copy(left.first(into.size()), into.begin());
    left = left.subspan(into.size());
  });
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorView>& tensors,
                       const TensorMetadata& metadata) {
  const std::string source = path.string();
  std::vector<const TensorView*> sorted;
  sorted.reserve(tensors.size());
  for (const TensorView& tensor : tensors) sorted.push_back(&tensor);
  std::ranges::sort(sorted, [](const TensorView* a, const TensorView* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });

  SafeTensorsHeader header{metadata, {}};
  std::uint64_t end = 0;
  for (const TensorView* const tensor : sorted) {
    const std::size_t bytes = tensor->bytes.size();
    if (bytes_of(tensor->shape, size_of(tensor->dtype)) != bytes)
      throw ShapeError(fmt::format(
          "{}: tensor {} of shape {} and type {} was given {} bytes; give it those of all its "
          "elements",
          printable(source), in_quotes(tensor->name), text_of(tensor->shape), name_of(tensor->dtype), bytes));
    header.tensors.push_back({tensor->name, tensor->dtype, tensor->shape, end, end + bytes});
    end += bytes;
  }
  const std::string json = format_safetensors_header(header, source);

  std::array<std::byte, prefix_size> prefix;
  for (std::size_t i = 0; i < prefix_size; ++i) prefix[i] = static_cast<std::byte>(json.size() >> (8 * i));
  AtomicFile file(path);
  file.write(prefix);
  file.write(std::as_bytes(std::span(json)));
  for (const TensorView* const tensor : sorted) write_elements(file, *tensor);
  file.commit();
}

}  // namespace downhill
