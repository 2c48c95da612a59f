#pragma once
/// \file
/// Tensors in a file, in the public format safetensors: a file that is written here loads elsewhere, and the other way.
///
///     8 bytes    the length of the header, the least significant byte first
///     header     JSON, see safetensors_header.hpp
///     the rest   the elements of all tensors, the last index fastest, the least significant byte first
///
///     write_safetensors("line.safetensors", {view_of<double>("w", w, {2, 3}), view_of<double>("b", b)},
///                       {{"step", "12"}});
///     const SafeTensors file = read_safetensors("line.safetensors");
///     const std::vector<double> w = file.get<double>("w");
///
/// Source of the format: https://github.com/huggingface/safetensors

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <models/files/dtype.hpp>
#include <models/files/safetensors_header.hpp>

namespace downhill {

/// A tensor whose elements are somewhere else: in the caller's memory, or in that of a SafeTensors.
struct TensorView {
  std::string name;
  Dtype dtype = Dtype::float32;
  std::vector<std::size_t> shape;    ///< empty for a single number
  std::span<const std::byte> bytes;  ///< of the elements, the last index fastest, in this machine's byte order

  /// Elements.
  std::size_t size() const { return bytes.size() / size_of(dtype); }
};

/// Numbers as a tensor of the shape, or of one dimension.
template <Element Number>
TensorView view_of(std::string name, std::span<const Number> values, std::vector<std::size_t> shape) {
  return {std::move(name), dtype_of<Number>(), std::move(shape), std::as_bytes(values)};
}
template <Element Number>
TensorView view_of(std::string name, std::span<const Number> values) {
  return view_of(std::move(name), values, {values.size()});
}

/// What a file holds.
class SafeTensors {
 public:
  /// `data` is what the header describes, in this machine's byte order. To be made by `read_safetensors`.
  SafeTensors(std::string source, SafeTensorsHeader header, std::unique_ptr<std::byte[]> data);

  /// Where it came from, for messages.
  const std::string& source() const { return source_; }
  const TensorMetadata& metadata() const& { return metadata_; }
  /// In the order of their names. Their bytes are the file's, which this object owns: of any alignment.
  const std::vector<TensorView>& tensors() const& { return tensors_; }

  /// Is there a tensor of this name?
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Throws DataError if there is no tensor of that name, and says which there are.
  const TensorView& at(std::string_view name) const&;

  // Of what is about to go: `for (const auto& tensor : read_safetensors(path).tensors())` would read freed memory.
  void metadata() const&& = delete;
  void tensors() const&& = delete;
  void at(std::string_view name) const&& = delete;

  /// The elements of a tensor as numbers, whatever its shape. A floating type rounds to the nearest; throws DataError
  /// if an element is not a value of an integer type, or is finite and beyond all values of a floating type. Also
  /// throws what `at` does.
  template <Element Number>
  std::vector<Number> get(std::string_view name) const {
    const TensorView& tensor = at(name);
    std::vector<Number> values(tensor.size());
    convert_all<Number>(tensor, values);
    return values;
  }

  /// The same, to where the caller wants them. Throws DataError also if the tensor is of another shape, ShapeError if
  /// `into` does not have as many elements as the shape. What is in `into` after an error is not defined.
  template <Element Number>
  void get(std::string_view name, const std::vector<std::size_t>& shape, std::span<Number> into) const {
    const TensorView& tensor = at(name);
    check_shape(tensor, shape, into.size());
    convert_all<Number>(tensor, into);
  }

 private:
  const TensorView* find(std::string_view name) const;
  void check_shape(const TensorView& tensor, const std::vector<std::size_t>& shape, std::size_t size) const;
  [[noreturn]] void does_not_fit(const TensorView& tensor, std::size_t index, Dtype type) const;

  template <Element Number>
  void convert_all(const TensorView& tensor, std::span<Number> into) const {
    if (const auto index = convert<Number>(tensor.dtype, tensor.bytes, into))
      does_not_fit(tensor, *index, dtype_of<Number>());
  }

  std::string source_;
  TensorMetadata metadata_;
  std::vector<TensorView> tensors_;
  std::unique_ptr<std::byte[]> data_;
};

/// Reads a file, whole or not at all. Its header is compared with the file's size before any memory is taken for the
/// data: all in all, that is the data once, and a small multiple of the header, which is limited.
///
/// Throws DataError if it cannot be read, is not a safetensors file, is cut short, or does not hold what it says, see
/// `parse_safetensors_header`.
SafeTensors read_safetensors(const std::filesystem::path& path);

/// The same from the bytes of a file. `source` stands for the file in messages.
SafeTensors parse_safetensors(std::string_view bytes, std::string_view source);

/// Makes or replaces a file, as AtomicFile does: killed at any moment, it is the old one or the new one. No element is
/// copied. The same tensors and metadata give the same bytes, in whatever order: the widest types come first, so that
/// every tensor is aligned to its elements, and among those of a type the order is that of the names.
///
/// Throws ShapeError if a tensor does not have as many bytes as its shape and type say, and DataError if the file
/// cannot be written or the format does not allow it, see `format_safetensors_header`.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorView>& tensors,
                       const TensorMetadata& metadata = {});

}  // namespace downhill
