#include <autodiff/inspect/pictures/page.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <autodiff/error.hpp>
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>
#include <support/text.hpp>
#include <support/xml.hpp>

using namespace downhill;
using namespace downhill::inspect;

TEST_CASE("any text can stand on a page") {
  CHECK(escaped("a < b & \"c\" > 'd'") == "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  CHECK(escaped("θ·x²\n\t") == "θ·x²  ");
  CHECK(escaped(std::string("a\0b\x1B\xFF\xEF\xBF\xBF", 8)) == "a?b???");
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  const std::vector<Figure> figures{{every_byte, 10, 20, "<path d=\"M0 0\"/>", {every_byte, "]]> --> </svg>"}}};
  CHECK(error_in_page(page(every_byte, every_byte, figures)) == "");
  CHECK(xml_error(svg(figures[0])) == "");
}

TEST_CASE("a page loads nothing from elsewhere and has every figure with what is said of it") {
  const std::vector<Figure> figures{{"first", 100, 50, "<g id=\"a\"/>", {"one", "two"}}, {"second", 700, 50, "", {}}};
  const std::string text = page("title", "intro", figures, "<g id=\"shared\"/>");
  CHECK(text.starts_with("<!DOCTYPE html>"));
  CHECK(count(text, "<figure>") == 1);
  CHECK(count(text, "<figure class=\"wide\">") == 1);
  CHECK(count(text, "<p>one</p><p>two</p>") == 1);
  CHECK(count(text, "<g id=\"shared\"/>") == 1);
  CHECK(count(text, "viewBox=\"0 0 100 50\"") == 1);
  CHECK(count(text, "http") == 0);
  CHECK(count(text, "prefers-color-scheme: dark") == 1);
  CHECK(error_in_page(page("", "", {})) == "");
  CHECK(series_class(0) == series_class(series_colours));
}

TEST_CASE("a page is written whole, or an error names the file and the reason") {
  const TemporaryFolder folder;
  const auto file = folder.path / "page.html";
  write(file, "some\ntext");
  std::ifstream written(file, std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(written), {}) == "some\ntext");
  CHECK_THROWS_AS(write(folder.path / "none" / "page.html", ""), DataError);
  CHECK_THAT(message_of([&] { write(folder.path / "none" / "page.html", ""); }),
             Catch::Matchers::ContainsSubstring("page.html: cannot be written: No such file"));
}

TEST_CASE("the checker of XML finds what is wrong") {
  for (const char* const wrong : {"<a>", "</a>", "<a></b>", "<a x=1/>", "<a x=\"1\" x=\"2\"/>", "a & b", "<a x=\"<\"/>",
                                  "<a", "<a x=\"1", "\xFF", "&nbsp;", "<a id=\"1\"/><a id=\"1\"/>", "a < b"})
    CHECK(xml_error(wrong) != "");
  CHECK(xml_error("<a x=\"1\" y=\"&lt;\"><b/>text &amp; more</a>\n") == "");
}
