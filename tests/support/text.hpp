#pragma once
// Questions that tests ask about messages and printed text.

#include <cstddef>
#include <string>

#include <autodiff/error.hpp>

/// The message of what a function throws; empty if it throws nothing.
template <class Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const downhill::Error& error) {
    return error.what();
  }
  return "";
}

/// How often one text occurs in another.
inline std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}
