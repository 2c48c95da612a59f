# Text files as constants of a C++ source file, so that they can be written, formatted and read as what they are.
#
#   downhill_embed(<output.cpp> NAMESPACE <namespace> FOLDER <folder> <name>=<file>[,<file>...] ...)
#
# Makes `const char* const <name>` of the files, one behind the other. A file that changes is embedded anew by the next build.
function(downhill_embed output)
  cmake_parse_arguments(PARSE_ARGV 1 embed "" "NAMESPACE;FOLDER" "")
  set(code "// Made by cmake/embed.cmake of what is in ${embed_FOLDER}; edit that.\nnamespace ${embed_NAMESPACE} {\n")
  foreach(constant IN LISTS embed_UNPARSED_ARGUMENTS)
    string(REGEX MATCH "^([^=]+)=(.*)$" matched "${constant}")
    string(REPLACE "," ";" files "${CMAKE_MATCH_2}")
    string(APPEND code "extern const char* const ${CMAKE_MATCH_1};\nconst char* const ${CMAKE_MATCH_1} =\n")
    foreach(file IN LISTS files)
      set(path ${CMAKE_CURRENT_SOURCE_DIR}/${embed_FOLDER}/${file})
      file(READ ${path} text)
      string(APPEND code "R\"embedded(${text})embedded\"\n")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    endforeach()
    string(APPEND code ";\n")
  endforeach()
  string(APPEND code "}\n")
  file(CONFIGURE OUTPUT ${output} CONTENT "@code@" @ONLY)
endfunction()
