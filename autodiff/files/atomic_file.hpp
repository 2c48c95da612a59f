#pragma once
/// \file
/// A file that is replaced whole or not at all.
///
/// What is written goes to a new file beside the old one. Only when all of it is on the disk does the new file take the
/// old one's name, in one step that the file system makes at once: killed at any moment, what bears the name is the old
/// file or the new one, never half of either. A process that is killed before that step leaves the new file behind,
/// under the name `<name>.<8 digits>.tmp`; it can be removed.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace downhill {

/// Makes or replaces one file.
///
///     AtomicFile file("model.safetensors");
///     file.write(bytes);
///     file.commit();
///
/// A link's target is replaced, not the link. The permissions of a file that is replaced are kept; its owner is who
/// writes, and another hard link to it keeps the old bytes. Without `commit()` nothing is changed and nothing is left.
///
/// All members throw DataError with the path, the system's reason and what to do: where the folder is missing or cannot
/// be written, the path is a folder or a device, the disk is full.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// Appends to the new file.
  void write(std::span<const std::byte> bytes);

  /// Gives the new file the name, when it is on the disk. To be called once, after the last `write`. If what fails is
  /// the very last step, to sync the folder, the new file is in place but may not outlive a power cut.
  void commit();

 private:
  AtomicFile() = default;  // once it is done the destructor cleans up, whatever the other constructor meets
  void open_new_file();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;      // as the user gave it, for messages
  std::filesystem::path name_;      // of the file to replace, in its folder
  std::filesystem::path new_name_;  // of the new file; empty when there is none
  int folder_ = -1, file_ = -1;  // names are looked up in the open folder: the working directory may change meanwhile
};

/// Makes or replaces a file with this text, as AtomicFile does. A device or a pipe, such as /dev/stdout, has nothing to
/// replace: the text is written to its end. Throws DataError as AtomicFile does.
void write_file(const std::filesystem::path& path, std::string_view text);
/// Throws what `write_file` would throw now, before any work is done for the file; changes nothing.
void demand_writable(const std::filesystem::path& path);

}  // namespace downhill
