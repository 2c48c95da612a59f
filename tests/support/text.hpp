#pragma once
// What tests ask of messages and of printed text.

#include <cstddef>
#include <string>

#include <autodiff/error.hpp>

/// What a function that fails says; empty if it does not.
template <class Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const downhill::Error& error) {
    return error.what();
  }
  return "";
}

/// How often a text holds another.
inline std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}
