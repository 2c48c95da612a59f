#pragma once
/// \file
/// IDX, the format of MNIST and its like: an array of numbers of one type, in any number of dimensions.
///
///     2 bytes    0
///     1 byte     the type of the elements, see IdxType
///     1 byte     the number of dimensions
///     4 bytes    for each dimension, its size, the most significant byte first
///     the rest   the elements, the last index fastest, the most significant byte first
///
/// Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <models/files/file.hpp>

namespace downhill {

/// The types of elements, by the byte that stands for each.
enum class IdxType : std::uint8_t {
  uint8 = 0x08,
  int8 = 0x09,
  int16 = 0x0B,
  int32 = 0x0C,
  float32 = 0x0D,
  float64 = 0x0E
};

/// The bytes of an element; 0 if there is no such type.
std::size_t size_of(IdxType type);

namespace idx_detail {
[[noreturn]] void no_such_element(std::string_view source, std::size_t index, std::size_t count);
[[noreturn]] void does_not_fit(std::string_view source, std::size_t index, double value);
}  // namespace idx_detail

/// An array of shape[0] x shape[1] x ... elements, which are kept as the bytes of the file: 60,000 images of 28 x 28
/// are 47 MB.
struct IdxArray {
  std::string source;               ///< where it came from, for messages
  IdxType type = IdxType::uint8;    ///< of the elements
  std::vector<std::size_t> shape;   ///< empty for a single number
  std::vector<std::uint8_t> bytes;  ///< of the elements, the most significant first: of uint8, the elements

  /// Elements.
  std::size_t size() const { return size_of(type) == 0 ? 0 : bytes.size() / size_of(type); }

  /// One element, the last index of the shape fastest. Exact: a double holds every value of every type. Throws
  /// DataError if there is none such.
  double at(std::size_t index) const {
    if (index >= size()) idx_detail::no_such_element(source, index, size());
    double value = 0;
    with_type([&]<class Stored>(Stored) { value = static_cast<double>(load<Stored>(index)); });
    return value;
  }

  /// All elements as numbers of another type. A floating type rounds to the nearest; for an integer type, throws
  /// DataError if an element is not one of its values.
  template <class Number>
    requires std::floating_point<Number> || (std::integral<Number> && !std::same_as<Number, bool>)
  std::vector<Number> as() const {
    std::vector<Number> result(size());
    with_type([&]<class Stored>(Stored) {
      for (std::size_t i = 0; i < result.size(); ++i) {
        const Stored value = load<Stored>(i);
        if (!fits<Number>(value)) idx_detail::does_not_fit(source, i, static_cast<double>(value));
        result[i] = static_cast<Number>(value);
      }
    });
    return result;
  }

 private:
  template <class Stored>
  Stored load(std::size_t index) const {
    using Bits =
        std::conditional_t<sizeof(Stored) == 8, std::uint64_t,
                           std::conditional_t<sizeof(Stored) == 4, std::uint32_t,
                                              std::conditional_t<sizeof(Stored) == 2, std::uint16_t, std::uint8_t>>>;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Stored); ++i) bits = bits << 8 | bytes[index * sizeof(Stored) + i];
    return std::bit_cast<Stored>(static_cast<Bits>(bits));
  }

  template <class Number, class Stored>
  static bool fits(Stored value) {
    if constexpr (std::floating_point<Number>) {
      return true;
    } else {
      // Both bounds are powers of two, so exact. A NaN is within none.
      const auto number = static_cast<double>(value);
      const double low = static_cast<double>(std::numeric_limits<Number>::min());
      const double high = 2 * static_cast<double>(std::numeric_limits<Number>::max() / 2 + 1);
      return number >= low && number < high &&
             static_cast<double>(static_cast<Number>(value)) == number;  // a whole number
    }
  }

  template <class F>
  void with_type(F&& f) const {
    switch (type) {
      case IdxType::uint8: return f(std::uint8_t{});
      case IdxType::int8: return f(std::int8_t{});
      case IdxType::int16: return f(std::int16_t{});
      case IdxType::int32: return f(std::int32_t{});
      case IdxType::float32: return f(float{});
      case IdxType::float64: return f(double{});
    }
  }
};

/// Reads an array from the bytes of an IDX file. `source` stands for the file in messages.
///
/// Throws DataError if they do not start as IDX does, the type is unknown, the header is cut short, or the sizes do not
/// multiply to what follows.
IdxArray parse_idx(std::string_view bytes, std::string_view source);

/// The same from a file, which may be compressed with gzip. Throws DataError also if it cannot be read, see read_file.
IdxArray read_idx(const std::filesystem::path& file, std::uint64_t size_limit = default_size_limit);

}  // namespace downhill
