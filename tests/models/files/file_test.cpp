// Files that must be read whatever they are compressed with, and files that must not do any harm.

#include <models/files/file.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <models/data/csv.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <zlib.h>

using namespace downhill;

namespace {

// What is wrong with a file, without its name; empty if nothing is.
std::string complaint(const std::filesystem::path& path, const FileOptions& options = {}) {
  try {
    read_file(path, options);
  } catch (const DataError& error) {
    const std::string message = error.what(), name = path.string() + ": ";
    if (!message.starts_with(name) || message.find('\n') != std::string::npos) FAIL(message);
    return message.substr(name.size());
  }
  return "";
}

std::string random_bytes(std::size_t size, std::uint64_t seed, unsigned letters) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random() % letters);
  return bytes;
}

std::string gzip(std::string_view bytes, int level = 6) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string result(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  std::string input(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  result.erase(stream.total_out);
  deflateEnd(&stream);
  return result;
}

}  // namespace

TEST_CASE("a plain file is read byte for byte") {
  const TemporaryFolder folder;
  for (const std::size_t size : {0u, 1u, 2u, 65'535u, 65'536u, 65'537u, 300'000u}) {
    const std::string bytes = random_bytes(size, size + 1, 256);
    CHECK((read_file(folder.write("bytes", bytes)) == bytes));
  }
  CHECK(read_file(folder.write("almost.gz", "\x1F")) == "\x1F");
  CHECK(read_file(folder.write("plain.gz", "1,2\n")) == "1,2\n");
}

TEST_CASE("a file that is not there is refused") {
  const TemporaryFolder folder;
  CHECK(complaint(folder.path / "none") == "cannot be read: No such file or directory; check the path");
  CHECK(complaint(folder.path) == "cannot be read: it is a directory; check the path");
}

TEST_CASE("a file larger than the limit is refused") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("bytes", std::string(100'000, 'x'));
  CHECK(complaint(file, {.size_limit = 100'000}).empty());
  CHECK(complaint(file, {.size_limit = 99'999}) == "more than 99999 bytes of data; raise size_limit if that is right");
  CHECK(complaint(folder.write("empty", ""), {.size_limit = 0}).empty());
  if (std::filesystem::exists("/dev/zero"))
    CHECK(complaint("/dev/zero", {.size_limit = 1'000'000}) ==
          "more than 1000000 bytes of data; raise size_limit if that is right");
}

TEST_CASE("a text ends soon after a NUL byte") {
  const TemporaryFolder folder;
  const std::string bytes = std::string(1000, '\0') + std::string(200'000, 'x');
  CHECK(read_file(folder.write("text", bytes), {.text = true}).size() < bytes.size());
  CHECK(read_file(folder.write("bytes", bytes)).size() == bytes.size());
}

TEST_CASE("the handwritten digits of the examples are read whole") {
  const auto file = std::filesystem::path(__FILE__).parent_path() / "../../../examples/data/digits.csv.gz";
  const Dataset digits = read_csv(file);
  CHECK(digits.rows() == 1797);
  CHECK(digits.columns() == 65);
  CHECK(digits.names.front() == "column 1");
  bool pixels = true, classes = true;
  std::vector<int> counts(10);
  for (std::size_t i = 0; i < digits.rows(); ++i) {
    for (const double value : digits.row(i).first(64)) pixels = pixels && value >= 0 && value <= 16;
    const double label = digits.row(i)[64];
    classes = classes && label >= 0 && label <= 9;
    if (classes) ++counts[static_cast<std::size_t>(label)];
  }
  CHECK(pixels);
  CHECK(classes);
  CHECK(counts == std::vector<int>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
}

TEST_CASE("what was compressed comes back byte for byte, whatever its name") {
  const TemporaryFolder folder;
  for (const std::size_t size : {0u, 1u, 2u, 65'535u, 65'536u, 65'537u, 1'000'000u})
    for (const int level : {0, 1, 9})
      for (const unsigned letters : {1u, 4u, 256u}) {
        const std::string bytes = random_bytes(size, size + letters, letters);
        CHECK((read_file(folder.write("data.csv", gzip(bytes, level))) == bytes));
      }
}

TEST_CASE("several gzip members are one file") {
  const TemporaryFolder folder;
  CHECK(read_file(folder.write("two.gz", gzip("1,2\n") + gzip("3,4\n"))) == "1,2\n3,4\n");
  CHECK(read_file(folder.write("empty.gz", gzip("") + gzip("") + gzip("x") + gzip(""))) == "x");
  // The first member ends on either side of the end of a block of the file.
  for (std::size_t length = 65'000; length < 65'600; length += length > 65'480 && length < 65'560 ? 1 : 20) {
    const std::string first = random_bytes(length, length, 256);
    if (read_file(folder.write("edge.gz", gzip(first, 0) + gzip("end"))) != first + "end") FAIL(length);
  }
  std::string many, expected;
  for (int i = 0; i < 5000; ++i) many += gzip(fmt::format("{}\n", i)), expected += fmt::format("{}\n", i);
  CHECK(read_file(folder.write("many.gz", many)) == expected);
}

TEST_CASE("a compressed table is read as the same text would be") {
  const TemporaryFolder folder;
  const Dataset table = read_csv(folder.write("t.csv.gz", gzip("x,y\n1,2\n3,4\n")));
  CHECK(table.names == std::vector<std::string>{"x", "y"});
  CHECK(table.values == std::vector<double>{1, 2, 3, 4});
  CHECK_THROWS_AS(read_csv(folder.write("bad.csv.gz", gzip("x,y\n1,two\n"))), DataError);
  CHECK_THROWS_AS(read_csv(folder.path / "t.csv.gz", {.size_limit = 11}), DataError);
}

TEST_CASE("a compressed file cut short anywhere is refused") {
  const TemporaryFolder folder;
  const std::string whole = gzip("x,y\n1,2\n3,4\n") + gzip("5,6\n"), first = gzip("x,y\n1,2\n3,4\n");
  for (std::size_t length = 2; length < whole.size(); ++length) {
    if (length == first.size()) continue;
    CAPTURE(length);
    CHECK(complaint(folder.write("cut.gz", whole.substr(0, length))) ==
          fmt::format("the gzip data is cut short after {} bytes; get the file again", length));
  }
  const std::string large = gzip(random_bytes(200'000, 1, 256));
  for (const std::size_t length : {65'536u, 131'072u, unsigned(large.size() - 8), unsigned(large.size() - 1)})
    CHECK(complaint(folder.write("cut.gz", large.substr(0, length))) ==
          fmt::format("the gzip data is cut short after {} bytes; get the file again", length));
}

TEST_CASE("a compressed file with a wrong byte is refused or is what it was") {
  const TemporaryFolder folder;
  const std::string text = "x,y\n1,2\n3,4\n5,6\n", sound = gzip(text);
  int refused = 0;
  for (std::size_t at = 2; at < sound.size(); ++at)
    for (const unsigned flipped : {1u, 0x80u, 0xFFu}) {
      CAPTURE(at, flipped);
      std::string bytes = sound;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flipped);
      const std::filesystem::path file = folder.write("wrong.gz", bytes);
      if (const std::string why = complaint(file); why.empty()) {
        CHECK(read_file(file) == text);  // the date, say, which nothing depends on
      } else {
        ++refused;
        CHECK((why.find("cut short") != std::string::npos || why.find("corrupt") != std::string::npos));
      }
    }
  CHECK(refused > 40);
  std::string wrong_sum = sound;
  wrong_sum[sound.size() - 8] = static_cast<char>(wrong_sum[sound.size() - 8] ^ 1);
  CHECK(complaint(folder.write("sum.gz", wrong_sum)).starts_with("the gzip data is corrupt (incorrect data check)"));
}

TEST_CASE("anything but another member after a compressed file is refused") {
  const TemporaryFolder folder;
  const std::string sound = gzip("1,2\n");
  CHECK(complaint(folder.write("more.gz", sound + "more")) ==
        fmt::format("the gzip data is corrupt (incorrect header check) before byte {}; get the file again",
                    sound.size() + 2));
  CHECK(!complaint(folder.write("more.gz", sound + std::string(1, '\0'))).empty());
  CHECK(!complaint(folder.write("more.gz", "\x1F\x8Bnothing of the kind")).empty());
}

TEST_CASE("a small file that decompresses to no end is refused at the limit") {
  const TemporaryFolder folder;
  const std::string member = gzip(std::string(10'000'000, ' '), 9);
  std::string bomb;
  for (int i = 0; i < 100; ++i) bomb += member;
  const std::filesystem::path file = folder.write("bomb.gz", bomb);
  CHECK(complaint(file, {.size_limit = 5'000'000}) ==
        "more than 5000000 bytes of data; raise size_limit if that is right");
  CHECK(complaint(file, {.size_limit = 15'000'000}) ==
        "more than 15000000 bytes of data; raise size_limit if that is right");
  CHECK(read_file(folder.write("zeros.gz", gzip(std::string(10'000'000, '\0'))), {.text = true}).size() < 100'000);
}

TEST_CASE("random bytes after a gzip magic are a DataError and nothing else") {
  const TemporaryFolder folder;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    const std::string start = seed % 2 == 0 ? "\x1F\x8B" : std::string("\x1F\x8B\x08\0\0\0\0\0\0\3", 10);
    CHECK(!complaint(folder.write("random.gz", start + random_bytes(seed % 100, seed, 256))).empty());
  }
}
