# downhill_library(<name> SOURCES <files> PACKS <files> HEADERS <files> LINK <targets>)
#
# The target downhill::<name>. All its headers are public, included as <folder/file.hpp>, and each must compile alone:
# the target all_verify_interface_header_sets, a part of `all`, compiles them one by one.
#
# PACKS are sources that are compiled once for each instruction set (autodiff/simd/instruction_set.hpp), whatever the
# processor of this machine and whatever the other sources are compiled for: as <file>.avx2.cpp and so on, optimised in a
# debug build too, because there functions that are not inlined would be left for the linker to choose from. Products
# and sums are fused only where the source says so. The test "wide code has names of its own" looks at what comes out.
#
# Eigen takes and gives back memory in a way that depends on the processor it is compiled for, and all its functions are
# in headers: where a program is compiled with other options than the library, memory of one would be freed as the other
# frees it, and the linker would choose one of two functions that have the same name and differ. No option of ours can
# prevent that, as a program may link other libraries with Eigen, and choose its own options. So in our own sources
# Eigen's namespace has a name of ours: what they compile of it is theirs alone, and a function that takes Eigen's types
# does not link. What the linker cannot see is a rule: a vector or a matrix of Eigen's gets its memory and gives it back on
# one side. A class of the library that has one among its members is destroyed and moved in its .cpp file; a function that
# returns one to the program is a template, and has its numbers written into memory of the program's.
function(downhill_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "" "SOURCES;PACKS;HEADERS;LINK")
  set(target downhill_${name})
  add_library(${target} ${library_SOURCES})
  add_library(downhill::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${library_HEADERS})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_definitions(${target} PRIVATE Eigen=downhill_eigen)
  target_link_libraries(${target} PUBLIC ${library_LINK})
  set_target_properties(
    ${target}
    PROPERTIES EXPORT_NAME ${name}
               VERSION ${PROJECT_VERSION}
               SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
               VERIFY_INTERFACE_HEADER_SETS ${DOWNHILL_VERIFY_HEADERS})

  foreach(source ${library_PACKS})
    downhill_for_instruction_sets(${target} ${source})
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY downhill_listed ${library_HEADERS} ${library_SOURCES} ${library_PACKS})
endfunction()

# downhill_for_instruction_sets(<target> <source>)
function(downhill_for_instruction_sets target source)
  set(sets portable)
  set(portable_options "")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
    set(sets portable avx2 avx512)
    set(portable_options -march=x86-64 -mtune=generic)
    set(avx2_options -march=x86-64-v3 -mtune=generic)
    set(avx512_options -march=x86-64-v4 -mtune=generic)
  endif()
  cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE path)
  cmake_path(REMOVE_EXTENSION source OUTPUT_VARIABLE stem)
  foreach(set ${sets})
    set(copy ${CMAKE_CURRENT_BINARY_DIR}/${stem}.${set}.cpp)
    file(CONFIGURE OUTPUT ${copy} CONTENT "#include \"${path}\"\n")
    set_source_files_properties(
      ${copy} PROPERTIES COMPILE_OPTIONS "${${set}_options};-O3;-ffp-contract=off;-fno-math-errno"
                         SKIP_PRECOMPILE_HEADERS ON)
    target_sources(${target} PRIVATE ${copy})
  endforeach()
endfunction()

# downhill_demand_listed(), after the libraries of a folder: a header that is not listed would be missing from the installed
# package, and nothing in this tree would notice.
function(downhill_demand_listed)
  get_property(listed DIRECTORY PROPERTY downhill_listed)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.hpp *.cpp)
  list(REMOVE_ITEM found ${listed})
  if(found)
    message(SEND_ERROR "Not listed in ${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt: ${found}")
  endif()
endfunction()
