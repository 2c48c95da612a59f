# Trainings on several ranks, started for real: every rank runs the tests of a program under mpirun.

set(ranks_missing "")
if(NOT DOWNHILL_HAVE_RANKS)
  set(ranks_missing "MPI is not installed, or DOWNHILL_RANKS is off")
else()
  # Only Open MPI knows the options below.
  execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version OUTPUT_VARIABLE launcher ERROR_QUIET)
  if(NOT launcher MATCHES "Open MPI|OpenRTE")
    set(ranks_missing "mpirun is not Open MPI's")
  endif()
endif()
if(ranks_missing)
  add_test(NAME "ranks train together" COMMAND ${CMAKE_COMMAND} -E echo "SKIP: ${ranks_missing}")
  set_tests_properties("ranks train together" PROPERTIES SKIP_REGULAR_EXPRESSION "SKIP")
  return()
endif()

# Root may start it, as in a container, and there may be more ranks than cores.
set(mpirun ${MPIEXEC_EXECUTABLE} --oversubscribe --allow-run-as-root -np)

downhill_test(downhill_ranks_tests SOURCES models/ranks/data_parallel_test.cpp LINK downhill::ranks)
target_compile_options(downhill_ranks_tests PRIVATE -O1)
foreach(ranks 1 2 3 4)
  add_test(NAME "${ranks} ranks train together" COMMAND ${mpirun} ${ranks} $<TARGET_FILE:downhill_ranks_tests>
           WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set_tests_properties("${ranks} ranks train together" PROPERTIES TIMEOUT 120 PROCESSORS 2 RESOURCE_LOCK ranks)
endforeach()
