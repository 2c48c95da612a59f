#pragma once
/// \file
/// The header of a safetensors file: JSON that says which tensors there are and where their bytes are.
///
///     {"__metadata__": {"step": "12"},
///      "weights": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
///
/// Offsets count from the first byte after the header. A header is believed only when its tensors, in whatever order
/// they are listed, cover all bytes that follow it, one after the other: then nothing that it says can be larger than
/// the file.
///
/// Source of the format: https://github.com/huggingface/safetensors

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <models/files/dtype.hpp>

namespace downhill {

/// Anything that should go with tensors, as text in UTF-8.
using TensorMetadata = std::map<std::string, std::string, std::less<>>;

struct SafeTensorsHeader {
  struct Tensor {
    std::string name;
    Dtype dtype = Dtype::float32;
    std::vector<std::size_t> shape;  ///< empty for a single number
    std::uint64_t begin = 0, end = 0;
  };
  TensorMetadata metadata;
  std::vector<Tensor> tensors;  ///< in the order of their bytes
};

/// Bytes of a header: the limit of the format's reference implementation.
inline constexpr std::uint64_t largest_header = 100'000'000;
/// Dimensions of a tensor. The format has no limit, but no program that computes with tensors has more.
inline constexpr std::size_t most_dimensions = 255;

/// Reads a header that `data_size` bytes follow. `source` stands for the file in messages. Takes no more memory than a
/// small multiple of the text.
///
/// Throws DataError unless it is JSON of that form, with no name twice and no field missing or unknown, every tensor
/// has as many bytes as its type and shape say, and together they cover the data without holes and overlaps.
SafeTensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_size, std::string_view source);

/// The text of a header, with spaces at its end so that the data is aligned to 8 bytes.
///
/// Throws DataError if two tensors have one name, a name is "__metadata__", a text is not UTF-8, or there are more
/// dimensions or bytes than allowed.
std::string format_safetensors_header(const SafeTensorsHeader& header, std::string_view source);

}  // namespace downhill
