// Headers of every form that is allowed, and of every one that is not.

#include <models/files/safetensors_header.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <autodiff/error.hpp>

#include "support/catch.hpp"
#include "support/text.hpp"

using namespace downhill;

namespace {

using Extents = std::vector<std::size_t>;

SafeTensorsHeader parse(std::string_view json, std::uint64_t data_size) {
  return parse_safetensors_header(json, data_size, "t.st");
}

// What is wrong with a header, without the file's name and the advice that goes with all of them.
std::string complaint(std::string_view json, std::uint64_t data_size = 8) {
  std::string message = message_of([&] { parse(json, data_size); });
  if (message.empty()) return message;
  const std::string_view advice = "; get the file again, or correct the program that wrote it";
  if (!message.starts_with("t.st: ") || message.find('\n') != std::string::npos) FAIL(message);
  if (message.ends_with(advice)) message.resize(message.size() - advice.size());
  return message.substr(6);
}

std::string tensor(std::string_view name, std::string_view rest = R"("dtype":"U8","shape":[8],"data_offsets":[0,8])") {
  return fmt::format(R"("{}":{{{}}})", name, rest);
}
std::string only(std::string_view fields) { return "{" + tensor("x", fields) + "}"; }
std::string with_shape(std::string_view shape) {
  return only(fmt::format(R"("dtype":"U8","shape":{},"data_offsets":[0,8])", shape));
}
std::string with_offsets(std::string_view offsets) {
  return only(fmt::format(R"("dtype":"U8","shape":[8],"data_offsets":{})", offsets));
}
std::string place(std::string_view name, std::uint64_t begin, std::uint64_t end) {
  return tensor(name, fmt::format(R"("dtype":"U8","shape":[{}],"data_offsets":[{},{}])", end - begin, begin, end));
}

}  // namespace

TEST_CASE("a header says where each tensor is") {
  const auto header = parse(R"({"__metadata__":{"step":"12","":"é"},)"
                            R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},)"
                            R"("b":{"data_offsets":[0,8],"shape":[],"dtype":"F64"}}   )",
                            32);
  CHECK(header.metadata == TensorMetadata{{"step", "12"}, {"", "é"}});
  REQUIRE(header.tensors.size() == 2);
  CHECK(header.tensors[0].name == "b");
  CHECK(header.tensors[0].dtype == Dtype::float64);
  CHECK(header.tensors[0].shape.empty());
  CHECK(header.tensors[1].shape == Extents{2, 3});
  CHECK(header.tensors[1].begin == 8);
  CHECK(header.tensors[1].end == 32);
}

TEST_CASE("a header may be empty, and have metadata alone") {
  for (const char* const json : {"{}", "{}      ", "{ } \n", R"({"__metadata__":{}})"}) {
    CHECK(parse(json, 0).tensors.empty());
    CHECK(parse(json, 0).metadata.empty());
  }
  CHECK(parse(R"({"__metadata__":{"a":"b"}})", 0).metadata.at("a") == "b");
}

TEST_CASE("tensors without elements lie between the others") {
  const auto header = parse("{" + place("c", 8, 8) + "," + place("b", 0, 8) + "," + place("a", 0, 0) + "}", 8);
  REQUIRE(header.tensors.size() == 3);
  CHECK(header.tensors[0].name == "a");
  CHECK(header.tensors[1].name == "b");
  CHECK(header.tensors[2].name == "c");
  CHECK(complaint("{" + place("b", 0, 8) + "," + place("a", 4, 4) + "}") == "tensors 'b' and 'a' overlap");
  CHECK(complaint(only(R"("dtype":"U8","shape":[0,18446744073709551615],"data_offsets":[0,0])"), 0).empty());
}

TEST_CASE("names may be anything that JSON can say, and messages show them in one short line") {
  CHECK(parse("{" + tensor(R"(a\u0000b\n\"é)") + "}", 8).tensors[0].name == std::string("a\0b\n\"é", 7));
  CHECK(parse("{" + tensor("") + "}", 8).tensors[0].name.empty());
  CHECK(complaint("{" + tensor(R"(a\u0000b\n)") + "}", 9) ==
        "bytes 8 to 9 of the data, at its end, belong to no tensor");
  CHECK(complaint("{" + place(R"(a\u0000b\n)", 0, 9) + "}") ==
        "tensor 'a\\x00b\\x0A' ends at byte 9 of the data, but there are only 8");
  const std::string long_name(1'000'000, 'n');
  CHECK(parse("{" + tensor(long_name) + "}", 8).tensors[0].name == long_name);
  CHECK(complaint("{" + place(long_name, 0, 9) + "}") ==
        "tensor '" + long_name.substr(0, 60) + "...' ends at byte 9 of the data, but there are only 8");
}

TEST_CASE("what is not JSON is refused with the place") {
  const std::string start = "not a safetensors file: its header does not start with {; check the path";
  for (const char* const json : {"", " {}", "[]", "\xEF\xBB\xBF{}", "null"}) CHECK(complaint(json) == start);
  const auto at = [](std::size_t byte) {
    return fmt::format("the header is not JSON in UTF-8: see byte {} of the file", byte);
  };
  CHECK(complaint("{") == at(10));
  CHECK(complaint("{}}") == at(11));
  CHECK(complaint("{} x") == at(12));
  CHECK(complaint("{'a'") == at(10));
  CHECK(complaint("{/**/}") == at(10));
  CHECK(complaint("{\"\xFF\":1}") == at(11));
  CHECK(complaint("{\"\xC0\x80\":1}") == at(11));
  CHECK(complaint("{\"\xED\xA0\x80\":1}") == at(12));
  CHECK(complaint(R"({"\ud800":1})") == at(17));
  CHECK(complaint(std::string("{}\0junk", 7)) == at(11));
  CHECK(complaint(std::string("{\"a\0\":1}", 8)) == at(12));
  CHECK(complaint("{" + tensor("x") + ",}") == at(9 + tensor("x").size() + 2));
}

TEST_CASE("a name, a field or a piece of metadata that is there twice is refused") {
  CHECK(complaint("{" + tensor("x") + "," + tensor("x") + "}") == "tensor 'x' is there twice");
  CHECK(complaint("{" + place("x", 0, 4) + "," + place("y", 4, 8) + "," + place(R"(\u0078)", 8, 9) + "}", 9) ==
        "tensor 'x' is there twice");
  CHECK(complaint(R"({"__metadata__":{"a":"1","a":"1"}})", 0) == "the metadata 'a' is there twice");
  CHECK(complaint(R"({"__metadata__":{},"__metadata__":{}})", 0) == "__metadata__ is there twice");
  const std::string sound = R"("dtype":"U8","shape":[8],"data_offsets":[0,8])";
  CHECK(complaint(only(sound)).empty());
  CHECK(complaint(only(sound + R"(,"dtype":"U8")")) == "tensor 'x' has two fields 'dtype'");
  CHECK(complaint(only(sound + R"(,"shape":[8])")) == "tensor 'x' has two fields 'shape'");
  CHECK(complaint(only(sound + R"(,"data_offsets":[0,8])")) == "tensor 'x' has two fields 'data_offsets'");
}

TEST_CASE("a field that is missing or unknown is refused") {
  CHECK(complaint(only("")) == "tensor 'x' has no dtype");
  CHECK(complaint(only(R"("shape":[8],"data_offsets":[0,8])")) == "tensor 'x' has no dtype");
  CHECK(complaint(only(R"("dtype":"U8","data_offsets":[0,8])")) == "tensor 'x' has no shape");
  CHECK(complaint(only(R"("dtype":"U8","shape":[8])")) == "tensor 'x' has no data_offsets");
  CHECK(complaint(only(R"("dtype":"U8","strides":[1])")) == "tensor 'x' has an unknown field 'strides'");
  // what one tensor has does not count for the next
  CHECK(complaint("{" + tensor("x") + "," + tensor("y", R"("dtype":"U8")") + "}") == "tensor 'y' has no shape");
  CHECK(complaint(only(R"("dtype":"F4")")) ==
        "tensor 'x' has the unknown dtype 'F4'; convert it to one of " + dtype_names());
}

TEST_CASE("a value of the wrong kind is refused") {
  const std::string nested = std::string(100'000, '[');
  for (const std::string& value : {std::string("null"), std::string("true"), std::string("-1"), std::string("1.5"),
                                   std::string("1e999"), std::string("{}"), nested}) {
    CAPTURE(value.substr(0, 10));
    const std::string list = "of tensor 'x' is not a list of whole numbers from 0 to 18446744073709551615";
    CHECK(complaint(R"({"__metadata__":{"a":)" + value + "}}") == "the metadata 'a' is not a string");
    CHECK(complaint(only(R"("dtype":)" + value)) == "the dtype of tensor 'x' is not a string");
    CHECK(complaint(with_shape("[" + value + "]")) == "the shape " + list);
    CHECK(complaint(with_offsets("[0," + value + "]")) == "the data_offsets " + list);
    if (value != nested) CHECK(complaint(with_shape(value)) == "the shape " + list);
    if (value == "{}") continue;
    CHECK(complaint(R"({"x":)" + value + "}") == "tensor 'x' is not an object with dtype, shape and data_offsets");
    CHECK(complaint(R"({"__metadata__":)" + value + "}") == "__metadata__ is not an object of strings");
  }
  CHECK(complaint(R"({"__metadata__":{"a":7}})") == "the metadata 'a' is not a string");
  CHECK(!complaint(R"({"__metadata__":)" + std::string(100'000, '{')).empty());
}

TEST_CASE("sizes and offsets are whole numbers below 2^64") {
  for (const char* const number : {"-1", "-0", "8.0", "8e0", "\"8\"", "18446744073709551616", "1e400"}) {
    CAPTURE(number);
    CHECK(complaint(with_shape(fmt::format("[{}]", number))) ==
          "the shape of tensor 'x' is not a list of whole numbers from 0 to 18446744073709551615");
    CHECK(complaint(with_offsets(fmt::format("[0,{}]", number))) ==
          "the data_offsets of tensor 'x' is not a list of whole numbers from 0 to 18446744073709551615");
  }
  for (const char* const offsets : {"[]", "[0]", "[0,8,8]"})
    CHECK(complaint(with_offsets(offsets)) == "the data_offsets of tensor 'x' are not two numbers");
}

TEST_CASE("a shape that overflows, or is not what the offsets hold, is refused") {
  CHECK(complaint(with_shape("[18446744073709551615,2]")) ==
        "tensor 'x' of shape [18446744073709551615, 2] and type U8 would be larger than any memory");
  CHECK(complaint(with_shape("[4294967296,4294967296]")).find("larger than any memory") != std::string::npos);
  CHECK(complaint(with_shape("[0,4294967296,4294967296]")).find("larger than any memory") != std::string::npos);
  CHECK(complaint(only(R"("dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8])")) ==
        "tensor 'x' of shape [2305843009213693953] and type F64 would be larger than any memory");
  CHECK(complaint(with_shape("[2,2]")) ==
        "tensor 'x' of shape [2, 2] and type U8 has 4 bytes, but its data_offsets, 0 and 8, hold 8");
  CHECK(complaint(with_shape("[18446744073709551615]")).find("has 18446744073709551615 bytes") != std::string::npos);
  std::string ones = "8";
  for (std::size_t i = 1; i < most_dimensions; ++i) ones += ",1";
  CHECK(complaint(with_shape("[" + ones + "]")).empty());
  CHECK(complaint(with_shape("[" + ones + ",1]")) == "tensor 'x' has more than 255 dimensions");
}

TEST_CASE("offsets that lie are refused") {
  CHECK(complaint(with_offsets("[8,0]")) == "the data_offsets of tensor 'x', 8 and 0, end before they begin");
  CHECK(complaint(with_offsets("[18446744073709551615,7]")).find("end before they begin") != std::string::npos);
  CHECK(complaint(with_offsets("[18446744073709551607,18446744073709551615]")) ==
        "tensor 'x' ends at byte 18446744073709551615 of the data, but there are only 8");
  CHECK(complaint("{" + place("x", 0, 8) + "}", 7) == "tensor 'x' ends at byte 8 of the data, but there are only 7");
  CHECK(complaint("{" + place("x", 4, 8) + "}") == "bytes 0 to 4 of the data, before tensor 'x', belong to no tensor");
  CHECK(complaint("{" + place("x", 0, 3) + "," + place("y", 5, 8) + "}") ==
        "bytes 3 to 5 of the data, before tensor 'y', belong to no tensor");
  CHECK(complaint("{" + place("x", 0, 5) + "," + place("y", 4, 8) + "}") == "tensors 'x' and 'y' overlap");
  CHECK(complaint("{" + place("y", 0, 8) + "," + place("x", 0, 8) + "}").find("overlap") != std::string::npos);
  CHECK(complaint("{" + place("x", 0, 5) + "}") == "bytes 5 to 8 of the data, at its end, belong to no tensor");
  CHECK(complaint("{}") == "bytes 0 to 8 of the data, at its end, belong to no tensor");
}

TEST_CASE("a header is written as it is read, and aligned to 8 bytes") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 300; ++i) {
    CAPTURE(i);
    SafeTensorsHeader header;
    std::uint64_t end = 0;
    for (std::uint64_t t = random() % 5; t > 0; --t) {
      SafeTensorsHeader::Tensor tensor{fmt::format("é\n\"{}", t), static_cast<Dtype>(random() % 15), {}, end, end};
      tensor.end += size_of(tensor.dtype);
      for (std::uint64_t d = random() % 4; d > 0; --d)
        tensor.end = end + (tensor.end - end) * tensor.shape.emplace_back(1 + random() % 9);
      end = tensor.end;
      header.tensors.push_back(tensor);
    }
    for (std::uint64_t m = random() % 3; m > 0; --m) header.metadata[fmt::format("\t{}", m)] = std::string(m, '\0');
    const std::string json = format_safetensors_header(header, "t.st");
    CHECK(json.size() % 8 == 0);
    const SafeTensorsHeader again = parse(json, end);
    CHECK(again.metadata == header.metadata);
    REQUIRE(again.tensors.size() == header.tensors.size());
    for (std::size_t t = 0; t < header.tensors.size(); ++t) {
      CHECK(again.tensors[t].name == header.tensors[t].name);
      CHECK(again.tensors[t].dtype == header.tensors[t].dtype);
      CHECK(again.tensors[t].shape == header.tensors[t].shape);
      CHECK(again.tensors[t].end == header.tensors[t].end);
    }
  }
}

TEST_CASE("a header that nobody could read is not written") {
  const auto refused = [](const SafeTensorsHeader& header) {
    return message_of([&] { format_safetensors_header(header, "t.st"); });
  };
  const std::string start = "t.st: cannot be written: ";
  CHECK(refused({{}, {{"x", Dtype::uint8, {0}, 0, 0}, {"x", Dtype::int8, {0}, 0, 0}}}) ==
        start + "two tensors are called 'x'; give each a name of its own");
  CHECK(refused({{}, {{"__metadata__", Dtype::uint8, {0}, 0, 0}}}) ==
        start + "a tensor is called __metadata__; give it another name");
  CHECK(refused({{}, {{"x", Dtype::uint8, Extents(256, 0), 0, 0}}}) ==
        start + "tensor 'x' has 256 dimensions; 255 are the most");
  const std::string not_utf8 = start + "'\xFF' is not UTF-8; encode names and metadata so";
  CHECK(refused({{}, {{"\xFF", Dtype::uint8, {0}, 0, 0}}}) == not_utf8);
  CHECK(refused({{{"\xFF", ""}}, {}}) == not_utf8);
  CHECK(refused({{{"", "\xFF"}}, {}}) == not_utf8);
}
