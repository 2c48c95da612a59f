#include <autodiff/inspect/trace/trace_page.hpp>

#include <string>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/random_expression.hpp>
#include <support/text.hpp>

using namespace downhill;
using inspect::Trace;
using inspect::trace_page;
using nlohmann::json;

namespace {

constexpr std::string_view opening = "<script type=\"application/json\" id=\"record\">";

/// The document in a page: what a browser takes for the text of its element.
std::string document_in(const std::string& page) {
  const auto begin = page.find(opening);
  REQUIRE(begin != std::string::npos);
  return page.substr(begin + opening.size(), page.find('<', begin + opening.size()) - begin - opening.size());
}

}  // namespace

TEST_CASE("the page of a trace holds the record, and loads nothing", "[trace_page]") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Tape<double> tape;
    Trace trace(tape);
    const std::vector<Var<double>> x = tape.variables(std::vector{0.1, -1.5, 1e-300});
    const inspect::Record record = trace.of(random_expression::make(x, seed, 30));
    const std::string page = trace_page(record);
    CHECK(json::parse(document_in(page)) == json::parse(inspect::json(record)));
    for (const char* const load : {"http:", "https:", "src=", "href=", "url(", "@import", "fetch(", "import "})
      CHECK(count(page, load) == 0);
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(page.ends_with("</body>\n</html>\n"));
  }
}

TEST_CASE("no byte of a name, a label, a place or the title becomes markup", "[trace_page]") {
  std::string every_byte = "<!--<script></script>]]>";
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  Tape<double> tape;
  Trace trace(tape);
  const auto x = tape.variable(2, every_byte);
  const auto here = trace.here(every_byte, every_byte.c_str(), 1, every_byte.c_str());
  inspect::Record record = trace.of(square(x));
  record.steps[1].label = every_byte;
  const std::string page = trace_page(record, {.title = every_byte});
  const json document = json::parse(document_in(page));
  const std::string name = document["steps"][0]["name"];
  CHECK(name.substr(0, 24 + 128) == every_byte.substr(0, 24 + 128));
  CHECK(name.size() == 24 + 128 + 3 * 128);  // what is not UTF-8 is U+FFFD
  CHECK(document["steps"][1]["label"] == name);
  CHECK(count(page, "<script") == 2);
  CHECK(count(page, "</script>") == 2);
  CHECK(count(page, "<!--") == 0);
}

TEST_CASE("large blocks are on the page as summaries", "[trace_page]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = parameters<double>(tape, std::vector<double>(100, 0.5), 10, 10, "W");
  const inspect::Record record = trace.of(sum(square(w)));
  const json few = json::parse(document_in(trace_page(record, {.most_elements = 10}))),
             all = json::parse(document_in(trace_page(record)));
  CHECK(few["steps"][0]["values"].is_null());
  CHECK(few["steps"][0]["summary"]["values"]["mean"] == 0.5);
  CHECK(all["steps"][0]["values"].size() == 100);
}
