#pragma once
/// \file
/// A file's bytes, whole or not at all. A file that is compressed with gzip, whatever its name, is decompressed on the
/// way.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace downhill {

/// Bytes of a file, after decompression: more than a data set that is read whole should have, and less than a small
/// file that decompresses to no end.
inline constexpr std::uint64_t default_size_limit = std::uint64_t{1} << 32;

/// How much of a file may be read.
struct FileOptions {
  std::uint64_t size_limit = default_size_limit;  ///< more bytes than this, after decompression, are an error
  bool text = false;  ///< stop soon after a NUL byte, which no text has: a device may go on forever
};

/// The bytes of a file. It is compressed if its first two bytes are 1F 8B; several gzip members in a row are one file.
/// Only what is returned is ever held in memory, besides two blocks of 64 KB.
///
/// Throws DataError if the file cannot be read, is larger than the limit, or is compressed and cut short, corrupt, or
/// followed by something else; and for every compressed file if Downhill was built without zlib.
std::string read_file(const std::filesystem::path& path, const FileOptions& options = {});

namespace file_detail {
/// Text of the user's as part of a message: one line, whatever it holds.
std::string printable(std::string_view text);
/// The same in quotes, and only its start where it is long.
std::string in_quotes(std::string_view text);
/// Whether a byte is the first of a character in UTF-8.
inline bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }
}  // namespace file_detail

}  // namespace downhill
