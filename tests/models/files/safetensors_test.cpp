// Files that are written and read back, files made by hand, and a second reader that agrees.

#include <models/files/safetensors.hpp>

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <models/files/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

using Extents = std::vector<std::size_t>;

std::string little_endian(std::uint64_t value, std::size_t size = 8) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  return bytes;
}

std::string file_of(std::string_view json, std::string_view data) {
  return little_endian(json.size()).append(json).append(data);
}

std::string text_of_bytes(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Numbers of every type, as bytes that a tensor can lie on.
struct RandomTensors {
  std::vector<std::vector<std::byte>> storage;
  std::vector<TensorView> tensors;

  explicit RandomTensors(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::size_t type = 0; type < 15; ++type) {
      for (std::uint64_t i = random() % 3; i > 0; --i) {
        TensorView tensor{fmt::format("{}.{}", random() % 1000, tensors.size()), static_cast<Dtype>(type), {}, {}};
        std::size_t bytes = size_of(tensor.dtype);
        for (std::uint64_t d = random() % 4; d > 0; --d) bytes *= tensor.shape.emplace_back(random() % 5);
        storage.emplace_back(bytes);
        for (std::byte& byte : storage.back()) byte = static_cast<std::byte>(random());
        tensor.bytes = storage.back();
        tensors.push_back(tensor);
      }
    }
    std::ranges::shuffle(tensors, random);
  }
};

void check_same(const SafeTensors& file, std::span<const TensorView> tensors) {
  CHECK(file.tensors().size() == tensors.size());
  for (const TensorView& tensor : tensors) {
    CAPTURE(tensor.name);
    const TensorView& read = file.at(tensor.name);
    CHECK(read.dtype == tensor.dtype);
    CHECK(read.shape == tensor.shape);
    CHECK(text_of_bytes(read.bytes) == text_of_bytes(tensor.bytes));
  }
}

}  // namespace

TEST_CASE("tensors of every type come back bit for bit") {
  const TemporaryFolder folder;
  const auto path = folder.path / "file.safetensors";
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const RandomTensors random(seed);
    const TensorMetadata metadata{{"seed", std::to_string(seed)}, {"text", "two\nlines, \"é\""}};
    write_safetensors(path, random.tensors, metadata);
    const SafeTensors file = read_safetensors(path);
    CHECK(file.source() == path.string());
    CHECK(file.metadata() == metadata);
    check_same(file, random.tensors);
    check_same(parse_safetensors(read_file(path), "memory"), random.tensors);
  }
}

TEST_CASE("a file is the bytes that the format says") {
  const TemporaryFolder folder;
  const auto path = folder.path / "file";
  const std::vector<float> w{0, 1, -2, 0.5f, 3, 4};
  const std::vector<double> b{-1.5};
  const std::vector<std::uint64_t> step{0x0102030405060708u};
  const std::vector<std::uint8_t> flags{7, 9, 11};
  write_safetensors(path,
                    {view_of<std::uint8_t>("flags", flags), view_of<float>("w", w, {2, 3}), view_of<double>("b", b, {}),
                     view_of<std::uint64_t>("step", step)},
                    {{"made by", "hand"}});
  std::string json = R"({"__metadata__":{"made by":"hand"},)"
                     R"("step":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},)"
                     R"("b":{"dtype":"F64","shape":[],"data_offsets":[8,16]},)"
                     R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]},)"
                     R"("flags":{"dtype":"U8","shape":[3],"data_offsets":[40,43]}})";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const std::string data = "\x08\x07\x06\x05\x04\x03\x02\x01" + std::string("\0\0\0\0\0\0\xF8\xBF", 8) +
                           std::string("\0\0\0\0\0\0\x80\x3F\0\0\0\xC0\0\0\0\x3F\0\0\x40\x40\0\0\x80\x40", 24) +
                           "\x07\x09\x0B";
  CHECK(read_file(path) == file_of(json, data));

  write_safetensors(path, {});
  CHECK(read_file(path) == std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  const SafeTensors empty = read_safetensors(path);
  CHECK(empty.tensors().empty());
}

TEST_CASE("a file made elsewhere is read, in whatever order and of whatever alignment") {
  const std::string json = R"({ "w" : {"shape":[2], "data_offsets":[1,9], "dtype":"F32"}, )"
                           R"("h":{"data_offsets":[9,11],"dtype":"F16","shape":[1,1]},)"
                           R"("t":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]} } )";
  const SafeTensors file =
      parse_safetensors(file_of(json, std::string("\1\0\0\x80\x3F\0\0\0\xC0\0\x3C", 11)), "elsewhere");
  CHECK(file.get<float>("w") == std::vector<float>{1, -2});
  CHECK(file.get<double>("h") == std::vector<double>{1});
  CHECK(file.get<std::uint8_t>("t") == std::vector<std::uint8_t>{1});
  CHECK(file.metadata().empty());
}

TEST_CASE("the same tensors are the same bytes in whatever order they are given") {
  const TemporaryFolder folder;
  RandomTensors random(3);
  write_safetensors(folder.path / "a", random.tensors, {{"b", "1"}, {"a", "2"}});
  std::ranges::reverse(random.tensors);
  write_safetensors(folder.path / "b", random.tensors, {{"a", "2"}, {"b", "1"}});
  CHECK(read_file(folder.path / "a") == read_file(folder.path / "b"));
}

TEST_CASE("what is written is aligned to its elements") {
  const TemporaryFolder folder;
  const RandomTensors random(4);
  write_safetensors(folder.path / "file", random.tensors);
  const SafeTensors file = read_safetensors(folder.path / "file");
  for (const TensorView& tensor : file.tensors())
    CHECK(std::bit_cast<std::uintptr_t>(tensor.bytes.data()) % size_of(tensor.dtype) == 0);
}

TEST_CASE("a second reader, made of a JSON document, finds the same") {
  const TemporaryFolder folder;
  const RandomTensors random(5);
  write_safetensors(folder.path / "file", random.tensors, {{"key", "value"}});
  const std::string bytes = read_file(folder.path / "file");
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  const auto json = nlohmann::json::parse(bytes.substr(8, length));
  CHECK(length % 8 == 0);
  CHECK(json.size() == random.tensors.size() + 1);
  CHECK(json["__metadata__"] == nlohmann::json{{"key", "value"}});
  std::size_t covered = 0;
  for (const TensorView& tensor : random.tensors) {
    const auto& entry = json.at(tensor.name);
    const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
    CHECK(entry["dtype"] == name_of(tensor.dtype));
    CHECK(entry["shape"] == tensor.shape);
    std::string expected(text_of_bytes(tensor.bytes));
    if (std::endian::native == std::endian::big)
      reverse_each(std::as_writable_bytes(std::span(expected)), size_of(tensor.dtype));
    CHECK(bytes.substr(8 + length + begin, end - begin) == expected);
    covered += end - begin;
  }
  CHECK(8 + length + covered == bytes.size());
}

TEST_CASE("a tensor's elements are converted where they fit") {
  const TemporaryFolder folder;
  const std::vector<double> reals{1, -2, 3e200};
  const std::vector<std::int64_t> integers{1, -2, 3};
  write_safetensors(folder.path / "file",
                    {view_of<double>("reals", reals), view_of<std::int64_t>("integers", integers)});
  const SafeTensors file = read_safetensors(folder.path / "file");
  CHECK(file.get<double>("reals") == reals);
  CHECK(file.get<std::int8_t>("integers") == std::vector<std::int8_t>{1, -2, 3});
  CHECK(file.get<float>("integers") == std::vector<float>{1, -2, 3});
  CHECK(message_of([&] { file.get<float>("reals"); }) ==
        file.source() +
            ": element 2 of tensor 'reals', of type F64, is 3e+200, which is not a value of type F32; ask "
            "for a wider one");
  CHECK_THROWS_AS(file.get<std::uint64_t>("integers"), DataError);
}

TEST_CASE("a tensor goes where the caller wants it, if that has its shape") {
  const std::string json = R"({"w":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]}})";
  const SafeTensors file = parse_safetensors(file_of(json, "\1\2\3\4\5\6"), "f.st");
  std::vector<double> into(6);
  file.get<double>("w", {2, 3}, into);
  CHECK(into == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(message_of([&] { file.get<double>("w", {3, 2}, into); }) ==
        "f.st: tensor 'w' is of shape [2, 3], where [3, 2] is needed; is it a file of this model?");
  CHECK_THROWS_AS(file.get<double>("w", {6}, into), DataError);
  CHECK_THROWS_AS(file.get<double>("w", {2, 3}, std::span(into).first(5)), ShapeError);
}

TEST_CASE("a tensor that is not there is refused with those that are") {
  const auto with = [](int count) {
    std::string json = "{";
    for (int i = 0; i < count; ++i)
      json += fmt::format(R"({}"t{:02}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})", i > 0 ? "," : "", i);
    return parse_safetensors(file_of(json + "}", ""), "f.st");
  };
  CHECK(message_of([&] { with(0).get<float>("x"); }) == "f.st: no tensor 'x'; it has none");
  CHECK(message_of([&] { with(2).get<float>("x"); }) == "f.st: no tensor 'x'; the tensors are 't00', 't01'");
  CHECK(message_of([&] { with(12).get<float>("t"); }) ==
        "f.st: no tensor 't'; the tensors are 't00', 't01', 't02', 't03', 't04', 't05', 't06', 't07', 't08', 't09' and "
        "2 more");
  CHECK(with(12).contains("t11"));
  CHECK(!with(12).contains("t12"));
  const SafeTensors moved = [&] {
    SafeTensors file =
        parse_safetensors(file_of(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "\7"), "f.st");
    return SafeTensors(std::move(file));
  }();
  CHECK(moved.get<int>("x") == std::vector<int>{7});
}

TEST_CASE("what cannot be written is refused, and the old file stays") {
  const TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  const std::vector<float> six(6);
  CHECK(message_of([&] { write_safetensors(path, {view_of<float>("w", six, {2, 2})}); }) ==
        path.string() +
            ": tensor 'w' of shape [2, 2] and type F32 was given 24 bytes; give it those of all its elements");
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_AS(write_safetensors(path, {view_of<float>("w", six, {most, most})}), ShapeError);
  CHECK_THROWS_AS(write_safetensors(path, {view_of<float>("w", six), view_of<float>("w", six)}), DataError);
  CHECK_THROWS_AS(write_safetensors(path, {view_of<float>("__metadata__", six)}), DataError);
  CHECK_THROWS_AS(write_safetensors(path, {}, {{"key", "\xFF"}}), DataError);
  CHECK_THROWS_AS(write_safetensors(folder.path / "none" / "file", {}), DataError);
  CHECK(read_file(path) == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("what is not a file that can be read is refused at once") {
  const TemporaryFolder folder;
  const auto complaint = [](const std::filesystem::path& path) {
    const std::string message = message_of([&] { read_safetensors(path); }), name = path.string() + ": ";
    if (!message.empty() && !message.starts_with(name)) FAIL(message);
    return message.empty() ? message : message.substr(name.size());
  };
  CHECK(complaint(folder.path / "none") == "cannot be read: No such file or directory; check the path");
  CHECK(complaint("") == "cannot be read: No such file or directory; check the path");
  CHECK(complaint(folder.path) == "cannot be read: it is a directory; check the path");
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  for (const std::filesystem::path& path : {folder.path / "pipe", std::filesystem::path("/dev/zero")})
    CHECK(complaint(path) == "cannot be read: it is not a regular file, so its size is unknown; check the path");
  CHECK(
      complaint(folder.write("empty", "")) ==
      "not a safetensors file: it has 0 bytes, and its first 8 would be the length of its header; get the file again");
  CHECK(complaint(folder.write("large header", little_endian(std::uint64_t{1} << 63))) ==
        "not a safetensors file: the length of its header would be 9223372036854775808 bytes, and the most is "
        "100000000; check the path");
  CHECK(complaint(folder.write("header cut short", little_endian(100) + "{}")) ==
        "the header is cut short: 2 of 100 bytes; get the file again");
  CHECK(complaint(folder.write("no header", little_endian(0))) ==
        "not a safetensors file: its header does not start with {; check the path");

  // A sparse file of 1 TB that the header does not describe: nobody could read it.
  const auto huge = folder.write("huge", file_of("{}", ""));
  std::error_code error;
  std::filesystem::resize_file(huge, std::uint64_t{1} << 40, error);
  if (!error) CHECK(complaint(huge).find("belong to no tensor") != std::string::npos);
}
