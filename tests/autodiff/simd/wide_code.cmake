# Code for wide processors has names of its own: cmake -DNM=nm -DOBJECTS=a;b -P wide_code.cmake
#
# A function that is compiled for AVX2 and has the name of one that is for any processor would be one of several for the
# linker, which may take it for all. So every function that such an object file defines for others has the instruction
# set in its name.
set(checked 0)
foreach(object ${OBJECTS})
  if(NOT object MATCHES "\\.(avx2|avx512)\\.cpp\\.")
    continue()
  endif()
  string(REGEX REPLACE ".*\\.(avx2|avx512)\\.cpp\\..*" "\\1" set ${object})
  string(REPLACE "avx" "Avx" tag ${set})
  execute_process(COMMAND ${NM} --defined-only --extern-only ${object} OUTPUT_VARIABLE symbols RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${NM} cannot read ${object}")
  endif()
  string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")
  if(NOT symbols MATCHES "${tag}")
    message(FATAL_ERROR "${object} defines nothing for ${tag}: was it compiled for another instruction set?")
  endif()
  foreach(symbol ${symbols})
    # T, W: functions. Data (R, V, u, ...) are the same in every object.
    if(symbol MATCHES "^[0-9a-f]+ [TW] " AND NOT symbol MATCHES "${tag}")
      message(SEND_ERROR "${object} is compiled for ${tag}, and defines ${symbol}: give it the instruction set as a "
                         "parameter, keep it in an unnamed namespace, or have it inlined")
    endif()
  endforeach()
  math(EXPR checked "${checked} + 1")
endforeach()
message("${checked} object files for wide processors")
if(checked EQUAL 0)
  message("SKIP: there are none")
endif()
