# Trainings on several ranks, started for real: every rank runs the tests of a program under mpirun.

if(NOT downhill_mpirun)
  add_test(NAME "ranks train together" COMMAND ${CMAKE_COMMAND} -E echo "SKIP: ${downhill_no_mpirun}")
  set_tests_properties("ranks train together" PROPERTIES SKIP_REGULAR_EXPRESSION "SKIP")
  return()
endif()

downhill_test(downhill_ranks_tests SOURCES models/ranks/data_parallel_test.cpp models/ranks/gradient_sum_test.cpp
              LINK downhill::ranks)
target_compile_options(downhill_ranks_tests PRIVATE -O1)
# Open MPI unloads its plug-ins before leaks are looked for, so that a list could not name what these keep.
set(ranks_environment ASAN_OPTIONS=detect_leaks=0)
foreach(ranks 1 2 3 4)
  set(name "${ranks} ranks train together")
  add_test(NAME ${name} COMMAND ${downhill_mpirun} -np ${ranks} $<TARGET_FILE:downhill_ranks_tests>
           WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 RUN_SERIAL ON ENVIRONMENT "${ranks_environment}")
endforeach()

# What ends a job is the end of a test's program too. ranks_ending(<what> <expression that stderr holds> <ranks>)
function(ranks_ending what expression ranks)
  set(script [[
    expression=$1; shift
    message=$("$@" 2>&1 >/dev/null); code=$?; echo "$message"
    test $code -ne 0 && echo "$message" | grep -q -e "$expression"]])
  add_test(NAME "ranks: ${what}" COMMAND sh -c "${script}" sh ${expression} ${downhill_mpirun} -np ${ranks}
                                         $<TARGET_FILE:downhill_ranks_tests> "${what}")
  set_tests_properties("ranks: ${what}" PROPERTIES TIMEOUT 60 RUN_SERIAL ON ENVIRONMENT "${ranks_environment}")
endfunction()
ranks_ending("an exception on one rank ends all with its message" "rank 1 of 3: the model broke" 3)
ranks_ending("a rank that is killed ends all" "signal 9" 3)
ranks_ending("other options on one rank are said" "the batch is 8 on rank 1, and 16 on rank 0" 2)
ranks_ending("a sharded training refuses to clip by the norm" "clip_norm needs the norm of the whole gradient" 2)
ranks_ending("a method without steps refuses a checkpoint" "has no checkpoints" 2)
