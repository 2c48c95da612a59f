#pragma once
// Is a text well-formed XML? As far as pages need it: elements nest, attributes are quoted and stand once, nothing is
// left unescaped, and every byte is a character.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <autodiff/text/utf8.hpp>

/// What is wrong with it, and what follows there; empty for nothing.
inline std::string xml_error(std::string_view text) {
  std::vector<std::string> open;
  std::size_t at = 0;
  const auto trouble = [&](std::string_view what) {
    return std::string(what) + " at: " + std::string(text.substr(std::min(at, text.size()), 60));
  };
  const auto is_name = [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '-' || c == ':' ||
           c == '_';
  };
  const auto take_name = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_name(text[at])) ++at;
    return std::string(text.substr(begin, at - begin));
  };
  // Up to `end`, without bare & or < and with known entities only.
  const auto characters = [&](char end) {
    while (at < text.size() && text[at] != end) {
      if (text[at] == '<') return false;
      if (text[at] == '&') {
        const std::string_view entity = text.substr(at, text.substr(at).find(';') + 1);
        if (!std::set<std::string_view>{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}.contains(entity)) return false;
      }
      const auto c = downhill::utf8::first_character(text.substr(at));
      if (c.code == c.broken || (c.code < 0x20 && c.code != '\n' && c.code != '\t')) return false;
      at += c.bytes;
    }
    return true;
  };
  std::set<std::string> ids;
  while (at < text.size()) {
    if (!characters('<')) return trouble("text that should be escaped");
    if (at == text.size()) break;
    ++at;
    const bool closes = text.substr(at).starts_with('/');
    if (closes) ++at;
    const std::string name = take_name();
    if (name.empty()) return trouble("no element's name");
    if (closes) {
      if (open.empty() || open.back() != name) return trouble("</" + name + "> closes nothing");
      open.pop_back();
    } else {
      std::set<std::string> attributes;
      while (at < text.size() && text[at] != '>' && text[at] != '/') {
        while (at < text.size() && (text[at] == ' ' || text[at] == '\n')) ++at;
        const std::string attribute = take_name();
        if (attribute.empty() || !attributes.insert(attribute).second) return trouble("a bad attribute");
        if (!text.substr(at).starts_with("=\"")) return trouble("an attribute without a value");
        at += 2;
        const std::size_t begin = at;
        if (!characters('"') || at == text.size()) return trouble("a bad value");
        if (attribute == "id" && !ids.insert(std::string(text.substr(begin, at - begin))).second)
          return trouble("an id that stands twice");
        ++at;
      }
      if (text.substr(at).starts_with('/'))
        ++at;
      else
        open.push_back(name);
    }
    if (!text.substr(at).starts_with('>')) return trouble("an element that does not end");
    ++at;
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

/// The same of what lies between the first <main> of a page and its end.
inline std::string error_in_page(const std::string& page) {
  const std::size_t begin = page.find("<main>"), end = page.find("</main>");
  if (begin == std::string::npos || end == std::string::npos) return "no <main>";
  return xml_error(std::string_view(page).substr(begin, end + 7 - begin));
}
