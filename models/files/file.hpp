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
/// followed by something else.
std::string read_file(const std::filesystem::path& path, const FileOptions& options = {});

}  // namespace downhill
