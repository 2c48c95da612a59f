// Reading a file block by block, through zlib where it is compressed.

#include <models/files/file.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>
#include <system_error>

#include <autodiff/error.hpp>
#include <autodiff/text/utf8.hpp>

namespace downhill {
namespace {

using Block = std::array<char, std::size_t{1} << 16>;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class FileReader {
 public:
  FileReader(const std::filesystem::path& path, const FileOptions& options)
      : name_(utf8::printable(path.string())), options_(options) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) fail_to_read("it is a directory");
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (file_ == nullptr) fail_to_read(std::generic_category().message(errno));
  }

  std::string read() {
    const auto block = std::make_unique<Block>();
    std::string_view got = next(*block);
    if (got.starts_with("\x1F\x8B")) {
      decompress(*block, got);
    } else {
      while (!got.empty() && append(got)) got = next(*block);
    }
    return std::move(bytes_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw DataError(fmt::format("{}: {}", name_, what)); }
  [[noreturn]] void fail_to_read(const std::string& why) const {
    fail(fmt::format("cannot be read: {}; check the path", why));
  }

  // What comes next in the file; empty at its end.
  std::string_view next(Block& block) const {
    const std::size_t got = std::fread(block.data(), 1, block.size(), file_.get());
    if (std::ferror(file_.get()) != 0) fail_to_read(std::generic_category().message(errno));
    return {block.data(), got};
  }

  // False if no more is wanted.
  bool append(std::string_view more) {
    if (more.size() > options_.size_limit - bytes_.size())
      fail(fmt::format("more than {} bytes of data; raise size_limit if that is right", options_.size_limit));
    bytes_ += more;
    return !options_.text || more.find('\0') == std::string_view::npos;
  }

  struct Inflater {
    z_stream stream{};
    Inflater() {
      constexpr int gzip_of_any_window = 15 + 16;
      if (inflateInit2(&stream, gzip_of_any_window) != Z_OK) throw std::bad_alloc();
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&stream); }
  };

  void decompress(Block& block, std::string_view got) {
    Inflater inflater;
    z_stream& stream = inflater.stream;
    const auto output = std::make_unique<Block>();
    std::uint64_t compressed = got.size();
    const auto feed = [&](std::string_view input) {
      stream.next_in = reinterpret_cast<Bytef*>(block.data());
      stream.avail_in = static_cast<uInt>(input.size());
    };
    const auto refill = [&] {
      const std::string_view input = next(block);
      compressed += input.size();
      feed(input);
    };
    feed(got);
    for (;;) {
      if (stream.avail_in == 0) refill();
      stream.next_out = reinterpret_cast<Bytef*>(output->data());
      stream.avail_out = static_cast<uInt>(output->size());
      const int result = inflate(&stream, Z_NO_FLUSH);
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result == Z_BUF_ERROR)  // it could do nothing: there is no more input
        fail(fmt::format("the gzip data is cut short after {} bytes; get the file again", compressed));
      if (result != Z_OK && result != Z_STREAM_END)
        fail(fmt::format("the gzip data is corrupt ({}) before byte {}; get the file again",
                         stream.msg != nullptr ? stream.msg : "no gzip", compressed - stream.avail_in));
      if (!append({output->data(), output->size() - stream.avail_out})) return;
      if (result != Z_STREAM_END) continue;
      if (stream.avail_in == 0) refill();
      if (stream.avail_in == 0) return;
      inflateReset(&stream);  // another member
    }
  }

  std::string name_;
  const FileOptions& options_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string bytes_;
};

}  // namespace

std::string read_file(const std::filesystem::path& path, const FileOptions& options) {
  return FileReader(path, options).read();
}

}  // namespace downhill
