# cmake -DWAY=package|package-native|subdirectory ... -P run.cmake: configures, builds and runs the consumer; any failure is fatal.

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
endfunction()

set(work ${SCRATCH}/${WAY})
file(REMOVE_RECURSE ${work})

if(WAY MATCHES "^package")
  run(${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${work}/prefix)
  if(PROGRAM_VERSION) # the examples are built, and the program is among them
    execute_process(COMMAND ${work}/prefix/bin/downhill --version OUTPUT_VARIABLE version
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
    if(NOT version MATCHES " ${PROGRAM_VERSION}$")
      message(FATAL_ERROR "bin/downhill --version says '${version}', not ${PROGRAM_VERSION}")
    endif()
  endif()
  set(way -DCMAKE_PREFIX_PATH=${work}/prefix)
else()
  set(way -DDOWNHILL_SOURCE=${SOURCE})
endif()
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${work}/build -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Debug
    -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS}" ${way})
run(${CMAKE_COMMAND} --build ${work}/build --config Debug)
run(${CMAKE_COMMAND} --build ${work}/build --config Debug --target run)
