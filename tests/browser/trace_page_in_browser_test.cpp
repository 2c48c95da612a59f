// The page of a trace, loaded by a headless Chromium. A script that is appended to it plays the user, and writes what
// it finds into the page, which the browser then prints.

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/autodiff.hpp>
#include <autodiff/inspect.hpp>
#include <autodiff/inspect/pictures/page.hpp>
#include <nlohmann/json.hpp>
#include <support/catch.hpp>
#include <support/random_expression.hpp>
#include <support/temporary_folder.hpp>

using namespace downhill;
using inspect::Record;
using inspect::Trace;
using nlohmann::json;

namespace {

// What tests have at hand in the page, and what makes their findings a text without markup.
constexpr std::string_view hands = R"js(
const byId = (id) => document.getElementById(id);
const press = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
const moment = () => Number(document.body.dataset.moment);
const rows = () => [...document.querySelectorAll('#tape tbody tr')];
const adjoints = () => rows().map((row) => row.querySelector('.adjoint span')?.title ?? '');
const pressTo = (end) => { let presses = 0; while (moment() < end && presses < 5000) { press('ArrowRight'); ++presses; } return presses; };
const end = Number(byId('slider').max);
const report = (found) => {
  const codes = [...JSON.stringify({...found, errors: window.errors})].map((c) => c.codePointAt(0));
  document.body.append(Object.assign(document.createElement('pre'), {id: 'report', textContent: codes.join(' ')}));
};
)js";

/// What the script reports, of the page with it.
json in_browser(std::string page, std::string_view script) {
  const TemporaryFolder folder;
  const auto at = page.find("<body>") + 6;
  page.insert(at, "<script>window.errors = []; addEventListener('error', (e) => errors.push(e.message));</script>");
  page.insert(page.rfind("</body>"), fmt::format("<script type=\"module\">{}{}</script>", hands, script));
  inspect::write(folder.path / "page.html", page);
  const std::string path = folder.path.string();
  const std::string command =
      fmt::format(DOWNHILL_BROWSER
                  " --headless --no-sandbox --disable-gpu --window-size=1280,800 --user-data-dir='{0}/profile' "
                  "--dump-dom 'file://{0}/page.html' > '{0}/dom.html' 2> '{0}/log'",
                  path);
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream file(folder.path / "dom.html", std::ios::binary);
  const std::string dom(std::istreambuf_iterator<char>(file), {});
  const auto begin = dom.find("<pre id=\"report\">");
  INFO(dom.substr(dom.size() - std::min<std::size_t>(dom.size(), 2000)));
  REQUIRE(begin != std::string::npos);
  std::string text;
  for (const char* digit = dom.c_str() + begin + 17; *digit != '<';) {
    char* next = nullptr;
    const long code = std::strtol(digit, &next, 10);
    if (next == digit) break;
    text += code < 128 ? static_cast<char>(code) : '?';
    digit = next;
  }
  json found = json::parse(text);
  CHECK(found["errors"] == json::array());
  return found;
}

double number(const json& text) {
  const std::string written = text.get<std::string>();
  if (written == "Infinity" || written == "-Infinity")
    return written[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  return written == "NaN" ? std::numeric_limits<double>::quiet_NaN() : std::stod(written);
}
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

TEST_CASE("stepping with the keys to the end brings the gradient", "[browser]") {
  for (const unsigned seed : {1U, 7U, 23U}) {
    INFO("seed " << seed);
    Tape<double> tape;
    Trace trace(tape);
    const std::vector<Var<double>> x = tape.variables(std::vector{0.4, -1.5, 2.0, 0.7});
    const Var<double> result = random_expression::make(x, seed, 40);
    const Gradient<double> gradient = tape.gradient(result);
    const Record record = trace.of(result);
    const json found = in_browser(inspect::trace_page(record), R"js(
      const seed = end - document.querySelectorAll('.node:not(.variable)').length - 1;
      const first = pressTo(seed - 1), before = adjoints();
      const second = pressTo(seed), seeded = adjoints();
      const rest = pressTo(end);
      report({presses: first + second + rest, before, seeded, adjoints: adjoints(), said: byId('said').textContent,
              rows: document.querySelectorAll('#tape tbody tr').length, nodes: document.querySelectorAll('.node').length});
    )js");
    CHECK(found["presses"] == 2 + 2 * record.sweep.size());
    CHECK(found["rows"] == record.steps.size());
    CHECK(found["nodes"] == record.steps.size());
    CHECK_THAT(found["said"].get<std::string>(), Catch::Matchers::ContainsSubstring("The gradient"));
    REQUIRE(found["adjoints"].size() == record.steps.size());
    for (std::size_t i = 0; i < record.steps.size(); ++i) {
      CHECK(found["before"][i] == "");
      CHECK(found["seeded"][i] == (i == record.result ? "1" : ""));
      CHECK(same(number(found["adjoints"][i]), gradient.adjoints()[record.steps[i].slot]));
    }
  }
}

TEST_CASE("every contribution arrives when its step is visited", "[browser]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variable(3, "w");
  const Record record = trace.of(square(w) + 2.0 * w);
  const json found = in_browser(inspect::trace_page(record), R"js(
    const seen = [];
    for (press('Home'); moment() < end; press('ArrowRight')) seen.push(adjoints()[0]);
    press('ArrowLeft');
    const sums = [...document.querySelectorAll('#telling .sum, #telling .arrival')].map((line) => line.textContent);
    report({seen, sums});
  )js");
  // start, square or product first, the sum, the seed, and the visits
  CHECK(found["seen"][4] == "");
  CHECK(found["seen"][5] == "");
  const std::string once = found["seen"][6].get<std::string>();
  CHECK((once == "2" || once == "6"));
  CHECK(found["seen"][7] == "8");
  REQUIRE(found["sums"].size() == 2);
  CHECK(found["sums"][0] == (once == "2" ? "adj(w) += 6 ? 1 = 6" : "adj(w) += 2 ? 1 = 2"));
  CHECK(found["sums"][1] ==
        (once == "2" ? "contribution 2 of 2: adj(w) = 2 + 6 = 8" : "contribution 2 of 2: adj(w) = 6 + 2 = 8"));
}

TEST_CASE("the formula is the program's, and names what is used again", "[browser]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto a = tape.variable(1, "a"), b = tape.variable(2, "b"), c = tape.variable(3, "c");
  const auto h = tanh(-(a + b) * c - (a - (b + 2.0)));
  trace.name(h, "h");
  const auto shared = exp(a), result = max(shared, h) / (shared * 3.0);
  trace.name(result, "loss");
  const json found = in_browser(inspect::trace_page(trace.of(result)), R"js(
    report({lines: [...document.querySelectorAll('#formula .line')].map((line) => line.textContent.replaceAll('−', '-')),
            now: (pressTo(end / 2 - 1), document.querySelector('#formula .part.now').textContent)});
  )js");
  const std::string name = fmt::format("v{}", shared.slot());
  CHECK(found["lines"] == json::array({"h = tanh(-(a + b) * c - (a - (b + 2)))", name + " = exp(a)",
                                       fmt::format("loss = max({0}, h) / ({0} * 3)", name)}));
  CHECK(found["now"] == fmt::format("max({0}, h) / ({0} * 3)", name));
}

TEST_CASE("keys, buttons and the slider lead to the same steps", "[browser]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = tape.variable(0.5, "w"), x = tape.variable(2, "x");
  const json found = in_browser(inspect::trace_page(trace.of(square(w * x - 4.0))), R"js(
    const at = [];
    const note = () => at.push(moment());
    note(); press('ArrowLeft'); note(); press('ArrowRight'); note(); press('End'); note(); press('ArrowRight'); note();
    press('Home'); note(); byId('next').click(); note(); byId('last').click(); note(); byId('back').click(); note();
    byId('slider').value = 3; byId('slider').dispatchEvent(new Event('input')); note(); byId('first').click(); note();
    const playing = () => byId('play').getAttribute('aria-pressed');
    const pressed = [playing()]; press(' '); pressed.push(playing()); press(' '); pressed.push(playing());
    const current = []; press('ArrowRight'); current.push(document.querySelector('[aria-current]').dataset.step);
    const names = [...document.querySelectorAll('button')].filter((one) => (one.getAttribute('aria-label') || one.textContent) === '').length;
    report({at, pressed, current, end, names, spoken: byId('slider').getAttribute('aria-valuetext')});
  )js");
  REQUIRE(found["end"] == 8);
  CHECK(found["at"] == json::parse("[0, 0, 1, 8, 8, 0, 1, 8, 7, 3, 0]"));
  CHECK(found["pressed"] == json::parse(R"(["false", "true", "false"])"));
  CHECK(found["current"][0] == "2");
  CHECK(found["names"] == 0);
  CHECK(found["spoken"] == "Recording, step 1 of 3");
}

TEST_CASE("the elements of a matrix are shown on request, with their adjoints", "[browser]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = parameters<double>(tape, std::vector{0.1, 0.2, -0.3, 0.4, 0.5, 0.6}, 2, 3, "W");
  Eigen::MatrixXd data(4, 2);
  data << 1, 2, 3, 4, 5, 6, 7, 8;
  const VarMatrix<double> h = tanh(product(VarMatrix<double>(data), w));
  const Var<double> loss = mean(square(h)) + 0.5 * square(h(0, 1));
  const Gradient<double> gradient = tape.gradient(loss);
  const json found = in_browser(inspect::trace_page(trace.of(loss)), R"js(
    press('End');
    document.querySelector('#tape button.many').click();
    const cells = (k) => [...document.querySelectorAll('.heat')[k].querySelectorAll('td[title]')].map((cell) => cell.title);
    const open = byId('elements').open;
    press('Home');
    const whileOpen = moment() === end;
    byId('elements').close();
    document.querySelector('.node.many').dispatchEvent(new MouseEvent('click', {bubbles: true}));
    report({values: cells(0), adjoints: cells(1), open, whileOpen, again: byId('elements').open});
  )js");
  CHECK(found["open"] == true);
  CHECK(found["whileOpen"] == true);
  CHECK(found["again"] == true);
  REQUIRE(found["adjoints"].size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(number(found["values"][i]) == w.value()(static_cast<Eigen::Index>(i / 3), static_cast<Eigen::Index>(i % 3)));
    CHECK(number(found["adjoints"][i]) == gradient.adjoints()[i]);
  }
}

TEST_CASE("of a matrix that is too large to be on the page its summary is", "[browser]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto w = parameters<double>(tape, std::vector<double>(100, 0.5), 10, 10, "W");
  const Record record = trace.of(sum(square(w)) + w(1, 2));
  const json found = in_browser(inspect::trace_page(record, {.most_elements = 10}), R"js(
    const shown = [];
    for (press('Home'); moment() < end; press('ArrowRight')) shown.push(byId('said').textContent);
    document.querySelector('#tape button.many').click();
    report({first: shown[0], last: byId('said').textContent, body: byId('elements_body').textContent});
  )js");
  CHECK_THAT(found["first"].get<std::string>(), Catch::Matchers::ContainsSubstring("W is [10 ? 10] mean 0.5"));
  CHECK_THAT(found["last"].get<std::string>(), Catch::Matchers::ContainsSubstring("W [10 ? 10] mean 1.01"));
  CHECK_THAT(found["body"].get<std::string>(), Catch::Matchers::ContainsSubstring("not on this page"));
}

TEST_CASE("hovering a node lights up its row, its place in the formula, and says where it was recorded", "[browser]") {
  Tape<double> tape;
  Trace trace(tape);
  const auto here = trace.here("the model", "model.cpp", 12);
  const auto w = tape.variable(0.5, "w"), x = tape.variable(2, "x");
  const json found = in_browser(inspect::trace_page(trace.of(square(w * x))), R"js(
    document.querySelector('.node[data-step="2"] .box').dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
    const lit = [...document.querySelectorAll('.hovered')].map((one) => one.dataset.step);
    const hint = byId('hint').textContent;
    document.body.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
    report({lit, hint, after: document.querySelectorAll('.hovered').length, where: rows()[2].querySelector('.where').textContent});
  )js");
  REQUIRE(found["lit"].size() >= 3);
  for (const json& step : found["lit"]) CHECK(step == "2");
  CHECK_THAT(found["hint"].get<std::string>(), Catch::Matchers::ContainsSubstring("model.cpp:12 the model"));
  CHECK(found["where"] == "model.cpp:12 the model");
  CHECK(found["after"] == 0);
}

TEST_CASE("in graphs of one to five hundred steps no box covers another, and every text fits", "[browser]") {
  const auto steps = GENERATE(0, 1, 30, 480);
  Tape<double> tape;
  Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector{0.4, -1.5, 2.0, 0.7, 1e-9, -12345.678});
  const Record record = trace.of(steps == 0 ? x[0] : random_expression::make(x, 5, static_cast<unsigned>(steps)));
  const json found = in_browser(inspect::trace_page(record), R"js(
    let cut = 0;
    const look = () => cut += [...document.querySelectorAll('.node text')].filter((text) => text.textContent.includes('…')).length;
    for (press('Home'); moment() < Math.min(end, 70); press('ArrowRight')) look();
    press('End');
    look();
    const boxes = [...document.querySelectorAll('.node .box')].map((box) => box.getBBox());
    let overlaps = 0, long = 0, backwards = 0;
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
      if (a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height) ++overlaps;
    }));
    for (const node of document.querySelectorAll('.node'))
      for (const text of node.querySelectorAll('text:not(.slope)'))
        if (text.getComputedTextLength() > node.querySelector('.box').getBBox().width) ++long;
    for (const wire of document.querySelectorAll('.wire')) {
      const length = wire.getTotalLength();
      if (wire.getPointAtLength(0).x >= wire.getPointAtLength(length).x) ++backwards;
    }
    report({overlaps, long, cut, backwards, boxes: boxes.length, sideways: document.documentElement.scrollWidth});
  )js");
  CHECK(found["boxes"] == record.steps.size());
  CHECK(found["overlaps"] == 0);
  CHECK(found["long"] == 0);
  CHECK(found["cut"] == 0);
  CHECK(found["backwards"] == 0);
  CHECK(found["sideways"] <= 1280);
}

TEST_CASE("names and places that look like markup stay text", "[browser]") {
  const std::string evil = "</script><script>window.errors.push('ran')</script><img src=x onerror=\"errors.push(1)\">";
  Tape<double> tape;
  Trace trace(tape);
  const auto here = trace.here(evil, evil.c_str(), 1, evil.c_str());
  const auto x = tape.variable(-1, evil), y = tape.variable(0, "\xFF\xC0<b>&amp;\x01\n--><!--");
  Record record = trace.of(log(x) * sqrt(y));
  record.steps[2].label = "constructor", record.steps[3].label = evil;
  const json found = in_browser(inspect::trace_page(record, {.title = "</title>" + evil}), R"js(
    const title = document.title;
    for (press('Home'); moment() < end; press('ArrowRight'));
    report({title, scripts: document.scripts.length, images: document.images.length, bold: document.querySelectorAll('#formula b').length,
            name: rows()[0].querySelector('th').textContent, adjoints: adjoints()});
  )js");
  CHECK(found["title"] == "</title>" + evil);
  CHECK(found["name"] == evil);
  CHECK(found["scripts"] == 4);
  CHECK(found["images"] == 0);
  CHECK(found["bold"] == 0);
}

TEST_CASE("a record that was not traced has a page too", "[browser]") {
  Tape<double> tape;
  const std::vector<Var<double>> x = tape.variables(std::vector{1.0, 2.0});
  Var<double> y = x[0] * x[1] + exp(x[0]);
  for (int i = 0; i < 3; ++i) y += x[1] * sin(y);  // its slot is made anew
  const Gradient<double> gradient = tape.gradient(y);
  const json found = in_browser(inspect::trace_page(inspect::record_of(tape, y)), R"js(
    for (press('Home'); moment() < end; press('ArrowRight'));
    report({adjoints: adjoints()});
  )js");
  CHECK(number(found["adjoints"][0]) == gradient[x[0]]);
  CHECK(number(found["adjoints"][1]) == gradient[x[1]]);
}

TEST_CASE("a block that takes single numbers shows where each of them comes from", "[browser]") {
  Tape<double> tape;
  Trace trace(tape);
  const std::vector<Var<double>> x = tape.variables(std::vector{1.0, 2.0, 3.0});
  const auto many = recompute([](auto v) { return std::vector{v[0] * v[1], v[1] * v[2]}; });
  const std::vector<Var<double>> inner{square(x[0]), square(x[1]), square(x[2])};
  const auto y = many(inner);
  const Var<double> result = y[0] * y[1] + x[0];
  const Gradient<double> gradient = tape.gradient(result);
  const Record record = trace.of(result);
  const json found = in_browser(inspect::trace_page(record), R"js(
    for (press('Home'); moment() < end - 1; press('ArrowRight'));
    const last = rows().map((row) => row.querySelector('.adjoint span')?.title ?? 'none');
    report({last, edges: document.querySelectorAll('.edge').length});
  )js");
  for (std::size_t i = 0; i < record.steps.size(); ++i)
    if (record.steps[i].count == 1) CHECK(number(found["last"][i]) == gradient.adjoints()[record.steps[i].slot]);
  CHECK(found["edges"] >= 3 + 3 + 2);
}
