// Write beside, sync, rename, sync the folder.

#include <autodiff/files/atomic_file.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill {
namespace {

constexpr int most_links = 40;  // one after the other, as Linux counts them

std::string_view advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return "make room there, or write to another disk";
    case EACCES:
    case EPERM:
    case EROFS: return "check the folder's permissions";
    default: return "check the path";
  }
}

[[noreturn]] void refuse(const std::filesystem::path& path, int error) {
  throw DataError(fmt::format("{}: cannot be written: {}; {}", utf8::printable(path.string()),
                              std::generic_category().message(error), advice(error)));
}

void write_all(int file, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      refuse(path, errno);
  }
}

// There is nothing to replace in a device or a pipe. Where /dev/stdout leads to a file, others write to it as well.
bool is_stream(const std::filesystem::path& path) {
  std::error_code error;
  return path.string().starts_with("/dev/") ? std::filesystem::exists(path, error)
                                            : std::filesystem::is_other(path, error);
}

struct Stream {
  explicit Stream(const std::filesystem::path& path) : file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)) {
    if (file < 0) refuse(path, errno);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { ::close(file); }
  int file;
};

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path) : AtomicFile() {
  path_ = path;
  std::filesystem::path target = path;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(target, error); ++links) {
    if (links == most_links) fail(ELOOP);
    target = target.parent_path() / std::filesystem::read_symlink(target, error);
    if (error) fail(error.value());
  }
  name_ = target.filename();
  if (name_.empty()) fail(path.empty() ? ENOENT : EISDIR);
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) fail(errno);
  open_new_file();
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) ::close(file_);
  if (!new_name_.empty()) ::unlinkat(folder_, new_name_.c_str(), 0);
  if (folder_ >= 0) ::close(folder_);
}

void AtomicFile::open_new_file() {
  struct stat old = {};
  const bool replaces = ::fstatat(folder_, name_.c_str(), &old, 0) == 0;
  if (!replaces && errno != ENOENT) fail(errno);
  if (replaces && S_ISDIR(old.st_mode)) fail(EISDIR);
  if (replaces && !S_ISREG(old.st_mode))  // a device would be gone for everybody
    throw DataError(fmt::format("{}: cannot be written: it is not a regular file; check the path",
                                utf8::printable(path_.string())));
  constexpr std::size_t longest_start = 200;  // of the 255 bytes that a name may have
  std::random_device random;
  for (;;) {
    std::filesystem::path candidate = fmt::format("{}.{:08x}.tmp", name_.string().substr(0, longest_start), random());
    file_ = ::openat(folder_, candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ >= 0) {
      new_name_ = std::move(candidate);
      break;
    }
    if (errno != EEXIST) fail(errno);
  }
  if (replaces && ::fchmod(file_, old.st_mode & 07777) != 0) fail(errno);
}

void AtomicFile::fail(int error) const { refuse(path_, error); }

void AtomicFile::write(std::span<const std::byte> bytes) { write_all(file_, bytes, path_); }

void AtomicFile::commit() {
  if (::fsync(file_) != 0) fail(errno);
  if (::close(std::exchange(file_, -1)) != 0 && errno != EINTR) fail(errno);
  if (::renameat(folder_, new_name_.c_str(), folder_, name_.c_str()) != 0) fail(errno);
  new_name_.clear();
  // Some file systems keep no folder back and refuse to sync one.
  if (::fsync(folder_) != 0 && errno != EINVAL) fail(errno);
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  if (is_stream(path)) return write_all(Stream(path).file, bytes, path);
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void demand_writable(const std::filesystem::path& path) {
  if (!is_stream(path))
    AtomicFile{path};
  else if (::access(path.c_str(), W_OK) != 0)
    refuse(path, errno);
}

}  // namespace downhill
