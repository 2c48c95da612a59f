// A file that is replaced whole or not at all: by whom, where, and whatever stops it.

#include <autodiff/files/atomic_file.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iterator>
#include <string>

#include <autodiff/error.hpp>
#include <models/files/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

namespace fs = std::filesystem;

void append(AtomicFile& file, std::string_view text) { file.write(std::as_bytes(std::span(text))); }

void replace(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  append(file, text);
  file.commit();
}

// What is wrong with a path, without the path; empty if nothing is.
std::string complaint(const fs::path& path) {
  const std::string message = message_of([&] { replace(path, "new"); });
  const std::string name = path.string() + ": cannot be written: ";
  if (!message.empty() && !message.starts_with(name)) FAIL(message);
  return message.empty() ? message : message.substr(name.size());
}

auto files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

fs::perms permissions(const fs::path& path) { return fs::status(path).permissions(); }

// No file may grow beyond a size, as on a disk that is full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{size, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("a file is made and replaced, and nothing is left beside it") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "file";
  for (const std::string& text : {std::string("first"), std::string(1'000'000, 'x'), std::string(), std::string("4")}) {
    replace(path, text);
    CHECK((read_file(path) == text));
    CHECK(files_in(folder.path) == 1);
  }
}

TEST_CASE("the old file is there until the new one is committed") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("file", "old");
  {
    AtomicFile file(path);
    append(file, "ne");
    append(file, "w");
    CHECK(read_file(path) == "old");
    CHECK(files_in(folder.path) == 2);
    file.commit();
    CHECK(read_file(path) == "new");
  }
  CHECK(files_in(folder.path) == 1);
}

TEST_CASE("without a commit nothing is changed and nothing is left") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("file", "old");
  for (const fs::path& each : {path, folder.path / "other"}) {
    try {
      AtomicFile file(each);
      append(file, "new");
      throw 1;
    } catch (int) {
    }
  }
  CHECK(read_file(path) == "old");
  CHECK(files_in(folder.path) == 1);
}

TEST_CASE("a write that the disk refuses is seen, and the old file stays") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("file", "old");
  std::string message;
  {
    const SizeLimit limit(100'000);
    message = message_of([&] { replace(path, std::string(300'000, 'x')); });
  }
  CHECK(message == path.string() + ": cannot be written: File too large; make room there, or write to another disk");
  CHECK(read_file(path) == "old");
  CHECK(files_in(folder.path) == 1);
}

TEST_CASE("the permissions of a file that is replaced are kept, those of a new one are the usual") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("file", "old");
  for (const unsigned mode : {0600u, 0644u, 0666u, 0751u}) {
    fs::permissions(path, fs::perms{mode});
    replace(path, "new");
    CHECK(permissions(path) == fs::perms{mode});
  }
  replace(folder.path / "new", "new");
  CHECK(permissions(folder.path / "new") == permissions(folder.write("usual", "")));
}

TEST_CASE("a link stays, and what it leads to is replaced") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path / "store");
  folder.write("store/file", "old");
  fs::create_symlink("store/file", folder.path / "link");
  fs::create_symlink(folder.path / "link", folder.path / "link to the link");
  fs::create_symlink("store/none yet", folder.path / "to nothing");
  for (const std::string name : {"link", "link to the link"}) {
    replace(folder.path / name, name);
    CHECK(fs::is_symlink(folder.path / name));
    CHECK(read_file(folder.path / "store/file") == name);
  }
  replace(folder.path / "to nothing", "new");
  CHECK(fs::is_symlink(folder.path / "to nothing"));
  CHECK(read_file(folder.path / "store/none yet") == "new");
  CHECK(files_in(folder.path / "store") == 2);
  fs::create_symlink("circle", folder.path / "circle");
  CHECK(complaint(folder.path / "circle") == "Too many levels of symbolic links; check the path");
}

TEST_CASE("what cannot be replaced is refused, and nothing is left") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "old");
  CHECK(complaint("") == "No such file or directory; check the path");
  CHECK(complaint(folder.path / "none" / "file") == "No such file or directory; check the path");
  CHECK(complaint(file / "file") == "Not a directory; check the path");
  CHECK(complaint(folder.path) == "Is a directory; check the path");
  CHECK(complaint(folder.path / "") == "Is a directory; check the path");
  CHECK(complaint(folder.path / ".") == "Is a directory; check the path");
  CHECK(complaint(folder.path / std::string(256, 'x')) == "File name too long; check the path");
  CHECK(complaint("/dev/full") == "it is not a regular file; check the path");
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  CHECK(complaint(folder.path / "pipe") == "it is not a regular file; check the path");
  CHECK(files_in(folder.path) == 2);
  CHECK(read_file(file) == "old");
}

TEST_CASE("a folder that must not be written is refused") {
  if (::geteuid() == 0) return;  // to root no folder is closed
  const TemporaryFolder folder;
  fs::permissions(folder.path, fs::perms{0500});
  CHECK(complaint(folder.path / "file") == "Permission denied; check the folder's permissions");
  fs::permissions(folder.path, fs::perms{0700});
}

TEST_CASE("the longest names that a file may have are written") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / std::string(255, 'x');
  replace(path, "new");
  CHECK(read_file(path) == "new");
}

TEST_CASE("the working folder may change while a file is written") {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path);
  {
    AtomicFile kept("kept"), dropped("dropped");
    append(kept, "new");
    fs::current_path(before);
    kept.commit();
  }
  CHECK(read_file(folder.path / "kept") == "new");
  CHECK(files_in(folder.path) == 1);
}

TEST_CASE("a text is written as a file, whole or not at all") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "page.html";
  for (const std::string text : {"some\ntext", ""}) {
    write_file(path, text);
    CHECK(read_file(path) == text);
  }
  write_file(path, "old");
  std::string message;
  {
    const SizeLimit limit(100'000);
    message = message_of([&] { write_file(path, std::string(300'000, 'x')); });
  }
  CHECK(message == path.string() + ": cannot be written: File too large; make room there, or write to another disk");
  CHECK(read_file(path) == "old");
  CHECK(files_in(folder.path) == 1);
}

TEST_CASE("a text may go to a device or a pipe, which stays what it is") {
  const TemporaryFolder folder;
  const fs::path pipe = folder.path / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  demand_writable(pipe);
  write_file(pipe, "some text");
  char got[16];
  CHECK(::read(reader, got, sizeof got) == 9);
  CHECK(std::string(got, 9) == "some text");
  ::close(reader);
  CHECK(fs::is_fifo(pipe));
  CHECK(files_in(folder.path) == 1);
  write_file("/dev/null", "some text");
  CHECK(fs::is_character_file("/dev/null"));
  if (!fs::exists("/dev/full")) return;
  CHECK(message_of([] { write_file("/dev/full", "some text"); }) ==
        "/dev/full: cannot be written: No space left on device; make room there, or write to another disk");
}

TEST_CASE("what could not be written is known before, and nothing is changed by the question") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "old");
  demand_writable(file);
  demand_writable(folder.path / "new");
  demand_writable("/dev/null");
  CHECK(read_file(file) == "old");
  CHECK(files_in(folder.path) == 1);
  for (const fs::path& wrong : {folder.path, folder.path / "none" / "file", file / "file", fs::path()})
    CHECK(message_of([&] { demand_writable(wrong); }) == message_of([&] { write_file(wrong, "new"); }));
  CHECK_THROWS_AS(demand_writable(folder.path), DataError);
}
