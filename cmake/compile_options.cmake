# Options of our own compilations. They belong to the directory, not to the targets: nobody who links Downhill gets them.

if(DOWNHILL_WARNINGS_AS_ERRORS AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 warns of std::string's own operator+ (GCC bug 105651), and of its own AVX-512 intrinsics (105593).
    add_compile_options(-Wno-restrict -Wno-maybe-uninitialized)
  endif()
endif()

if(DOWNHILL_NATIVE)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-march=native DOWNHILL_HAS_MARCH_NATIVE)
  if(DOWNHILL_HAS_MARCH_NATIVE)
    add_compile_options(-march=native)
  endif()
endif()
