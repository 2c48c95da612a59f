// Files that somebody broke, and programs that somebody killed.

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <autodiff/error.hpp>
#include <models/files/file.hpp>
#include <models/files/safetensors.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace downhill;

namespace {

std::string sound_file() {
  const TemporaryFolder folder;
  const std::vector<float> w{1, 2, 3, 4, 5, 6};
  const std::vector<double> b{7, 8};
  const std::vector<std::uint64_t> none;
  const std::vector<std::uint8_t> flags{0, 1, 2, 3, 4};
  write_safetensors(folder.path / "file",
                    {view_of<float>("layers.0.weight", w, {2, 3}), view_of<double>("layers.0.bias", b),
                     view_of<std::uint64_t>("none", none, {0, 3}), view_of<std::uint8_t>("flags", flags)},
                    {{"step", "12"}, {"seed", "é\\"}});
  return read_file(folder.path / "file");
}

// Two to three small changes: most files that come out are almost sound.
std::string broken(std::string bytes, std::mt19937_64& random) {
  const std::string useful = "0123456789{}[]\",: -eFUIB\\u\xC3";
  for (std::uint64_t changes = 1 + random() % 3; changes > 0 && !bytes.empty(); --changes) {
    const std::size_t header = std::min<std::size_t>(bytes.size(), 400);
    const std::size_t reach = random() % 8 == 0 ? bytes.size() : header;
    const std::size_t at = random() % reach, other = random() % header;
    const std::size_t length = std::min<std::size_t>(random() % 40, bytes.size() - std::max(at, other));
    switch (random() % 7) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes[at] = useful[random() % useful.size()]; break;
      case 2: bytes.insert(at, 1, useful[random() % useful.size()]); break;
      case 3: bytes.erase(at, 1 + random() % 3); break;
      case 4: bytes.resize(at); break;
      case 5: bytes.insert(at, bytes.substr(other, length)); break;
      case 6: bytes.append(random() % 9, '\0'); break;
    }
  }
  // As often as not with the length that the header now has: otherwise little is read but that.
  if (bytes.size() > 8 && random() % 2 == 0) {
    const std::size_t end = bytes.rfind('}');
    if (end != std::string::npos && end >= 8)
      for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>((end - 7) >> (8 * i));
  }
  return bytes;
}

// Every byte of the data belongs to one tensor, every tensor is what a JSON document says of it, and can be used.
void check_sound(const SafeTensors& file, const std::string& bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes.at(i));
  const auto json = nlohmann::json::parse(bytes.substr(8, length));
  const bool has_metadata = json.contains("__metadata__");
  std::size_t covered = 8 + length;
  REQUIRE(json.size() == file.tensors().size() + (has_metadata ? 1 : 0));
  if (has_metadata) REQUIRE(json["__metadata__"] == nlohmann::json(file.metadata()));
  for (const TensorView& tensor : file.tensors()) {
    const auto& entry = json.at(tensor.name);
    const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
    REQUIRE(entry["shape"] == tensor.shape);
    REQUIRE(entry["dtype"] == name_of(tensor.dtype));
    REQUIRE(tensor.bytes.size() == end - begin);
    REQUIRE(std::ranges::equal(tensor.bytes, std::as_bytes(std::span(bytes)).subspan(8 + length + begin, end - begin)));
    REQUIRE(file.get<double>(tensor.name).size() == tensor.size());
    covered += end - begin;
  }
  REQUIRE(covered == bytes.size());
}

// What comes of bytes: a file that is sound, or a message.
bool loads(const std::string& bytes) {
  try {
    check_sound(parse_safetensors(bytes, "broken.st"), bytes);
    return true;
  } catch (const DataError& error) {
    const std::string message = error.what();
    if (!message.starts_with("broken.st: ") || message.find("; ") == std::string::npos ||
        message.find('\n') != std::string::npos || message.size() > 500)
      FAIL(message);
    return false;
  }
}

}  // namespace

// No test counts the memory, which all tests share. By construction no more is asked for than a small multiple of the
// file: the header is as long as the file at most, what is kept of it is made of its own characters, no shape has more
// than 255 sizes, and the data is asked for only when the header has been found to describe just what is there.

TEST_CASE("a file cut short anywhere is refused") {
  const std::string sound = sound_file();
  REQUIRE(loads(sound));
  for (std::size_t size = 0; size < sound.size(); ++size) {
    CAPTURE(size);
    CHECK(!loads(sound.substr(0, size)));
  }
  for (const char more : {'\0', ' ', '}'}) CHECK(!loads(sound + more));
}

TEST_CASE("a broken file is sound or a DataError and nothing else") {
  const std::string sound = sound_file();
  int loaded = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    loaded += loads(broken(sound, random)) ? 1 : 0;
  }
  CHECK(loaded > 200);  // both ways are gone often
  CHECK(loaded < 10'000);
}

TEST_CASE("random headers of the right letters are sound or a DataError and nothing else") {
  const std::vector<std::string> words{"{",
                                       "}",
                                       "[",
                                       "]",
                                       ",",
                                       ":",
                                       "\"dtype\"",
                                       "\"shape\"",
                                       "\"data_offsets\"",
                                       "\"F32\"",
                                       "\"U8\"",
                                       "0",
                                       "4",
                                       "18446744073709551615",
                                       "-1",
                                       "1e9",
                                       "null",
                                       "\"__metadata__\"",
                                       "\"a\"",
                                       R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})"};
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string json = "{";
    for (std::uint64_t i = random() % 12; i > 0; --i) json += words[random() % words.size()];
    json += "}";
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(json.size() >> (8 * i));
    loads(bytes + json + "data");
  }
}

TEST_CASE("a header of a hundred thousand tensors, and one as deep, are read or refused at once") {
  std::string json = "{";
  for (int i = 0; i < 100'000; ++i)
    json += fmt::format(R"({}"{}":{{"dtype":"U8","shape":[],"data_offsets":[{},{}]}})", i > 0 ? "," : "", i, i, i + 1);
  CHECK(parse_safetensors_header(json + "}", 100'000, "many").tensors.size() == 100'000);
  CHECK_THROWS_AS(
      parse_safetensors_header(json + R"(,"7":{"dtype":"U8","shape":[0],"data_offsets":[7,7]}})", 100'000, "many"),
      DataError);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"a":)";
  CHECK_THROWS_AS(parse_safetensors_header(deep, 0, "deep"), DataError);
}

TEST_CASE("killed at any moment, a program leaves the old file or the new one") {
  const TemporaryFolder folder;
  const auto path = folder.path / "file";
  const std::vector<std::int32_t> ones(100'000, 1), twos(50'000, 2);
  const auto save = [&](const std::vector<std::int32_t>& values) {
    write_safetensors(path, {view_of<std::int32_t>("values", values)});
  };
  save(ones);
  std::mt19937 random(13);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        for (;;) {
          save(twos);
          save(ones);
        }
      } catch (...) {
        ::_exit(1);  // the other tests are not for the child
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const auto values = read_safetensors(path).get<std::int32_t>("values");
    CHECK((values == ones || values == twos));
  }
  save(twos);  // whatever the killed have left is in nobody's way
  CHECK(read_safetensors(path).get<std::int32_t>("values") == twos);
}
