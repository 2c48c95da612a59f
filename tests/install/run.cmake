# cmake -DWAY=package|package-native|subdirectory ... -P run.cmake: configures, builds and runs the consumer; any failure is fatal.

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY COMMAND_ECHO STDOUT)
endfunction()

set(work ${SCRATCH}/${WAY})
file(REMOVE_RECURSE ${work})

if(WAY MATCHES "^package")
  run(${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${work}/prefix)
  set(way -DCMAKE_PREFIX_PATH=${work}/prefix)
else()
  set(way -DDOWNHILL_SOURCE=${SOURCE})
endif()
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${work}/build -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Debug
    -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS}" ${way})
run(${CMAKE_COMMAND} --build ${work}/build --config Debug)
run(${CMAKE_COMMAND} --build ${work}/build --config Debug --target run)
