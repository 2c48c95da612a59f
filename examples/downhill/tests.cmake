# What the program says to a shell: its exit code, how many lines of stderr, and what its output holds; never an escape
# code, as none of this is a terminal.

# (A semicolon ends an argument here: in an expression a dot stands for it.)
# downhill_says(<what> <exit code> <lines of stderr, or any> <basic regular expression> <arguments>)
function(downhill_says what code lines expression)
  set(script [[
    expected=$1; lines=$2; expression=$3; shift 3
    output=$(mktemp); message=$("$0" "$@" 2>&1 >"$output"); code=$?
    text=$(cat "$output"); rm "$output"; echo "$text"; echo "$message"
    test $code -eq $expected || exit 1
    test $lines = any || test "$(printf %s "$message" | grep -c '')" -eq $lines || exit 1
    ! printf '%s%s' "$text" "$message" | grep -q "$(printf '\033')" || exit 1
    printf '%s\n%s' "$text" "$message" | grep -q -e "$expression"]])
  add_test(NAME "downhill ${what}" COMMAND sh -c "${script}" $<TARGET_FILE:downhill_program> ${code} ${lines}
                                           ${expression} ${ARGN})
endfunction()

set(valley "(1 - x)^2 + 100*(y - x^2)^2")
set(data ${CMAKE_CURRENT_SOURCE_DIR}/data)
set(written ${CMAKE_CURRENT_BINARY_DIR}/downhill_program)
file(MAKE_DIRECTORY ${written})
file(WRITE ${written}/ragged.csv "x,y\n1,2\n3\n")
file(WRITE ${written}/ids.csv "x,y\n1,0\n3,1\n5,2\n")
file(WRITE ${written}/constant.csv "x,y\n1,1\n3,1\n5,1\n")
file(WRITE ${written}/few.csv "x,y\n1,1\n3,2\n5,3\n")
file(WRITE ${written}/one_row.csv "x,y\n1,1\n")
file(WRITE ${written}/word.csv "x,y\n1,2\n3,four\n")
file(WRITE ${written}/gap.csv "x,y\n1,\n3,4\n")
file(WRITE ${written}/constants.csv "x,e\n1,2\n3,4\n")

downhill_says("--help lists its commands" 0 0 "descend .*walk downhill" --help)
downhill_says("--version says which" 0 0 "^downhill ${PROJECT_VERSION}$" --version)
downhill_says("needs a command" 2 1 "a command is missing. the commands are trace, descend,")
downhill_says("refuses an unknown command" 2 1 "no command 'climb'. the commands are trace, descend," climb)
foreach(command IN ITEMS trace descend check doctor train bench ladder)
  downhill_says("${command} --help has an example" 0 0 "Example: downhill ${command}" ${command} --help)
  downhill_says("${command} refuses an unknown option" 2 1 "--unknown.* see downhill ${command} --help" ${command}
                x=1 x=1 --unknown)
endforeach()

downhill_says("ladder says what does not fit" 0 any "99,883 .*GB of memory, and 0.06 GB are there" ladder --memory 0.06)
downhill_says("ladder refuses a rung of one parameter" 2 1 "--up-to.*a number from 2 to 1e+15" ladder --up-to 1)
downhill_says("ladder refuses a part of a thread" 2 1 "--threads.*a whole number from 0 to 1024" ladder --threads 1.5)
downhill_says("ladder refuses one file for two pictures" 2 1 "is what --svg writes" ladder --svg a.html --html a.html)
downhill_says("ladder cannot write where there is no folder" 1 1 "no_such_folder" ladder --svg no_such_folder/a.svg)
downhill_says("trace shows the sweep" 0 0 "3 -> w" trace "(w*x + b)^2" w=0.5 b=1 x:=1)
downhill_says("trace shows every step and why" 0 0 "d f / d w = 4, along 1 path" trace "(w*x)^2" w=0.5 x:=2 --why w)
downhill_says("trace writes page, graph and JSON" 0 0 "trace.json" trace "tanh(w*x)" w=1 x=2 --html ${written}/trace.html
              --dot ${written}/trace.dot --json ${written}/trace.json)
downhill_says("trace finds the first NaN" 1 1 "log of 0" trace "log(p)*w" p=0 w=3)

# Every method that the command knows, as it says them.
set(script [[
  methods=$("$0" descend "x^2" x=1 --method none 2>&1 | sed -n "s/.*no 'none'; there are //p" | tr -d ,)
  tried=0
  for method in $methods; do
    tried=$((tried + 1))
    "$0" descend "x^2 + y^2" x=1 y=-1 --method $method --steps 5 | grep ": 2 to \\([01]\\|[0-9.]*e-\\)" ||
      { echo "$method does not walk downhill"; exit 1; }
    "$0" descend "x^2 + y^2" x=1 y=-1 --method $method --steps 5 | grep "^by $method" ||
      { echo "$method is called otherwise"; exit 1; }
  done
  test $tried -ge 16]])
add_test(NAME "downhill descend walks downhill by every method that it lists"
         COMMAND sh -c "${script}" $<TARGET_FILE:downhill_program>)
downhill_says("descend stays within bounds" 0 0 "y = 0.5$" descend ${valley} x=-1.2 y=0.1 --method bounded-lbfgs --upper
              "9,0.5")
downhill_says("descend calls no bound a top" 0 0 "x = 1$" descend "1 - x^2" x=0.5 --method bounded-lbfgs --lower -1 --upper 1)
downhill_says("descend refuses bounds that are not as many as names" 2 1 "BoundedLbfgs: " descend "x^2 + y^2" x=1 y=1 --method
              bounded-lbfgs --lower -1,-1,-1)
downhill_says("descend says what a method of residuals needs" 2 1 "gauss-newton steps by the residuals" descend "x^2" x=1
              --method gauss-newton)
downhill_says("descend arrives, and writes path and page" 0 0 "flat_gradient" descend ${valley} x=-1.2 y=1 --method
              L-BFGS --csv ${written}/walk.csv --html ${written}/walk.html)
downhill_says("descend holds a name" 0 0 "with a held at 2" descend "a*x^2 + exp(b)" a:=2 x=1 b=pi/2 --steps 5 --html
              ${written}/curve.html)
downhill_says("descend reads a formula after --" 0 0 "x = 0.5" descend --learning-rate 0.25 -- "-x + x^2" x=3)
downhill_says("descend knows when it diverged" 1 1 "it diverged" descend "x^2" x=1 --learning-rate 1.1)
downhill_says("descend knows when it left the domain" 1 1 "f fell from 0 to -1.154, and after the next step it is nan" descend
              "log(x)" x=1)
downhill_says("descend shows the lowest place as what it is" 1 1 "The lowest place that it saw, after 0 steps" descend "x^2" x=1
              --learning-rate 1.1)
downhill_says("descend knows when there is no bottom" 1 1 "no bottom" descend "x^3" x=-1)
downhill_says("descend needs a value to start from" 1 1 "f is nan at the start" descend "log(x)" x=-1)
downhill_says("descend needs a slope to start with" 1 1 "the slope of f along x is inf at the start" descend "sqrt(x)" x=0)
downhill_says("descend knows when it bounces" 1 1 "bounces for ever" descend "x^2 + 10*y^2" x=1 y=1 --learning-rate 0.1)
downhill_says("descend says that it is slow" 0 0 "Its path: it crawls" descend "x^2" x=1 --learning-rate 1e-4 --steps 100)
downhill_says("descend knows a saddle" 1 1 "it is a saddle" descend "x^2 - y^2" x=1 y=0)
downhill_says("descend knows a top" 1 1 "it is a top" descend "1 - x^2" x=0)
downhill_says("descend knows flat ground" 1 1 "the ground is flat at the start" descend "relu(x)" x=-1)
downhill_says("descend says that a file cannot be written" 1 1 "cannot be written" descend "x^2" x=1 --csv
              ${written}/none/walk.csv)
downhill_says("descend marks the place of a mistake" 2 3 "^^~~~" descend "tahn(x)" x=1)
downhill_says("descend names a value that is missing" 2 1 "no value for y. its names: x, y" descend "x*y" x=1)
downhill_says("descend refuses a value that is none" 2 1 "'x=one'" descend "x^2" x=one)
downhill_says("descend refuses a formula with all names held" 2 1 "nothing to move" descend "x^2" x:=1)
downhill_says("descend lists the methods" 2 1 "no 'climbing'. there are gradient-descent, momentum" descend "x^2" x=1
              --method climbing)
downhill_says("descend refuses an option that the method has not" 2 1 "bfgs does not have it" descend "x^2" x=1
              --method bfgs --learning-rate 0.1)
downhill_says("descend refuses a rate below zero" 2 1 "'-1' is not a positive number" descend "x^2" x=1
              --learning-rate -1)
downhill_says("descend hints at --" 2 1 "after --" descend "-x^2" x=1)

# Over a table: the line of NIST's Norris data is certified.
set(line "(a*x + b - y)^2")
downhill_says("descend fits a table" 0 0 "a = 1.0021168[12]" descend --data ${data}/norris.csv ${line} a=0 b=0
              --method lbfgs)
downhill_says("descend says what it takes over a table" 0 0 "^f = mean of .* over 36 rows of .*norris.csv$" descend --data
              ${data}/norris.csv ${line} a=1 b:=-0.262323073774029 --method bfgs)
downhill_says("descend takes the sum over a table" 0 0 "f = 26.61739852942" descend --data ${data}/norris.csv ${line} --sum
              a=1 b=0 --method bfgs)
downhill_says("descend draws the landscape of a table" 0 0 "The page: .*table.html" descend --data ${data}/norris.csv
              "log(cosh(a*x + b - y))" a=1 b=0 --method lbfgs --html ${written}/table.html --csv ${written}/table_walk.csv)
downhill_says("descend knows a saddle over a table" 1 1 "it is a saddle" descend --data ${data}/norris.csv
              "x*(a^2 - b^2)" a=0 b=0)
downhill_says("descend knows when it diverged over a table" 1 1 "it diverged" descend --data ${data}/norris.csv ${line}
              a=0 b=0)
downhill_says("descend names a column that there is not" 2 1 "'z' has no value, and is no column of .*norris.csv: its columns are 'x', 'y'"
              descend --data ${data}/norris.csv "(a*z + b - y)^2" a=0 b=0)
downhill_says("descend refuses a value for a column" 2 1 "'x' is a column of .*norris.csv, and x=1 gives it a value as well"
              descend --data ${data}/norris.csv ${line} a=0 b=0 x=1)
downhill_says("descend refuses a value for a name that the formula has not" 2 1 "no name 'c'" descend --data
              ${data}/norris.csv ${line} a=0 b=0 c=1)
downhill_says("descend needs something to move over a table" 2 1 "every name is a column of .* or held" descend --data
              ${data}/norris.csv ${line} a:=1 b:=0)
downhill_says("descend needs a column of the table" 2 1 "names no column of .*norris.csv: its columns are 'x', 'y'" descend
              --data ${data}/norris.csv "(a - 1)^2" a=0)
downhill_says("descend refuses a column that is a constant" 2 1 "'e' is a constant in a formula, and a column of" descend
              --data ${written}/constants.csv "(a*x - e)^2" a=0)
downhill_says("descend says where a table has no number" 2 1 "word.csv:3:3: 'four' in column 'y' is not a number" descend
              --data ${written}/word.csv ${line} a=0 b=0)
downhill_says("descend says where a table is ragged" 2 1 "ragged.csv:3:" descend --data ${written}/ragged.csv ${line} a=0 b=0)
downhill_says("descend says where a value is missing" 2 1 "gap.csv:2:" descend --data ${written}/gap.csv ${line} a=0 b=0)
downhill_says("descend needs the table" 2 1 "none.csv" descend --data ${written}/none.csv ${line} a=0 b=0)
downhill_says("descend sums over a table only" 2 1 "--sum: there is no table" descend "x^2" x=1 --sum)
downhill_says("descend does not write over its table" 2 1 "--csv: .* is what is read" descend --data ${written}/few.csv
              ${line} a=0 b=0 --csv ${written}/../downhill_program/few.csv)

downhill_says("check agrees" 0 0 "^  w  .*agrees$" check "tanh(w*x + b)^2" w=0.5 b=-0.2 x:=2)
downhill_says("check names a kink" 0 0 "kink: -1 on the left, 1 on the right" check "abs(x)" x=0)
downhill_says("check needs a value" 1 1 "no finite value" check "log(x)" x=-1)
downhill_says("check refuses an unknown name" 2 1 "no name 'y'" check "x^2" x=1 y=2)

downhill_says("doctor suggests a rate" 0 0 "Suggestion: --learning-rate 0.091" doctor "x^2 + 10*y^2" x=1 y=1)
downhill_says("doctor approves of a rate" 0 0 "Verdict of the quadratic.*: 0.05 converges" doctor "x^2 + 10*y^2" x=1 y=1 --learning-rate
              0.05)
downhill_says("doctor warns of a rate" 1 1 "Verdict of the quadratic.*: 0.11" doctor "x^2 + 10*y^2" x=1 y=1 --learning-rate 0.11)
downhill_says("doctor warns of a rate at the limit" 1 1 "does not converge" doctor "x^2 + 10*y^2" x=1 y=1
              --learning-rate 0.1)
downhill_says("doctor warns of a saddle" 1 1 "there is no bowl" doctor "x^2 - y^2" x=1 y=1 --learning-rate 0.1)
downhill_says("doctor tells its quadratic from real steps" 0 0 "real steps from here: in 1000 steps, f went from 16 to 6.0" doctor
              "(x-1)^4" x=3 --learning-rate 0.05)
downhill_says("doctor tries what it suggests" 1 1 "Suggestion: --learning-rate 1.3. Of many rates" doctor
              "log(cosh(x))" x=5 --learning-rate 3)
downhill_says("doctor knows a saddle at the end of real steps" 1 1 "a saddle or a top" doctor "x^2 - y^2" x=1 y=0
              --learning-rate 0.1)
downhill_says("doctor knows the curvature of a kink that is smoothed" 0 0 "largest curvature  *2$" doctor "norm(x, y)^2" x=0 y=0)
downhill_says("doctor knows a kink" 1 1 "the ground has a kink there" doctor "norm(x, y)" x=0 y=0)
downhill_says("doctor needs a finite slope" 1 1 "the slope along x is inf" doctor "sqrt(x)" x=0 --learning-rate 0.1)
downhill_says("doctor refuses a rate that is a word" 2 1 "'fast'" doctor "x^2" x=1 --learning-rate fast)

downhill_says("train learns classes" 0 any "recall" train ${data}/digits.csv.gz --layers 32,10 --epochs 2 --save
              ${written}/digits.safetensors --html ${written}/digits.html)
downhill_says("train learns numbers" 0 any "R²" train ${data}/norris.csv --epochs 5 --method lbfgs)
downhill_says("train knows when it diverged" 1 any "it diverged" train ${data}/norris.csv --method gradient-descent
              --learning-rate 1e30)
downhill_says("train takes a loss by its name" 0 any "R²" train ${data}/norris.csv --epochs 5 --loss huber)
downhill_says("train lists the losses" 2 1 "no loss 'cube'. there are automatic, softmax_cross_entropy" train
              ${data}/norris.csv --loss cube)
downhill_says("train lists the activations" 2 1 "no activation 'swish'. there are none, relu" train ${data}/norris.csv
              --activation swish)
downhill_says("train refuses a loss that does not fit" 2 1 "the samples have no labels" train ${data}/norris.csv --loss
              softmax_cross_entropy)
downhill_says("train says which layers fit" 2 1 "write --layers 64,10, or .* --layers 64,32,10" train
              ${data}/digits.csv.gz --layers 64,32)
downhill_says("train lists the columns" 2 1 "the columns are 'x', 'y'" train ${data}/norris.csv --target z)
downhill_says("train says where a table is wrong" 2 1 "ragged.csv:3:" train ${written}/ragged.csv)
downhill_says("train refuses numbers as classes" 2 1 "classes are 0, 1, 2" train ${data}/norris.csv --classes)

downhill_says("train refuses numbers that are all different as classes" 2 1 "another class in each of 3 rows" train
              ${written}/ids.csv --classes)
downhill_says("train knows before that there is one class only" 2 1 "'y' is 1 in every row" train
              ${written}/constant.csv --classes)
downhill_says("train knows before that a target is constant" 2 1 "nothing to learn" train ${written}/constant.csv)
downhill_says("train says that R² is not defined" 0 any "not defined where all targets are equal" train
              ${written}/few.csv --epochs 1)
downhill_says("train knows before that the model cannot be written" 1 1 "none/m.safetensors: cannot be written" train
              ${data}/norris.csv --save ${written}/none/m.safetensors)
downhill_says("train knows before that the page cannot be written" 1 1 "none/page.html: cannot be written" train
              ${data}/norris.csv --html ${written}/none/page.html)
downhill_says("train does not write over its table" 2 1 "--save: .* is what is read" train ${written}/few.csv --save
              ${written}/../downhill_program/few.csv)
downhill_says("train refuses two outputs in one file" 2 1 "--html: .* is what --save writes" train ${written}/few.csv
              --save ${written}/one --html ${written}/one)
downhill_says("train refuses a part that is none" 2 1 "'1.5' is not a number between 0 and 1" train ${data}/norris.csv
              --held-out 1.5)
downhill_says("train needs two rows" 2 1 "1 row. there must be at least 2" train ${written}/one_row.csv)

downhill_says("bench measures" 0 0 "Rosenbrock" bench --seconds 0.01)

# A reader that has seen enough ends it quietly: here one that has closed its end before anything is written.
set(script [[
  folder=$(mktemp -d)
  said=$({ { while ! test -e "$folder/closed"; do sleep 0.01; done
             "$0" descend "x^2" x=1 2>&3; echo $? >&3; } | { exec <&-; echo >"$folder/closed"; }; } 3>&1)
  rm -r "$folder"; echo "$said"; test "$said" = 1]])
add_test(NAME "downhill ends quietly when nobody reads on" COMMAND sh -c "${script}" $<TARGET_FILE:downhill_program>)
if(EXISTS /dev/full)
  add_test(NAME "downhill says that its output cannot be written"
           COMMAND sh -c "message=$(\"$0\" descend x^2 x=1 2>&1 >/dev/full); test $? -eq 1 && test -n \"$message\""
                   $<TARGET_FILE:downhill_program>)
endif()

# On several ranks, where there is an mpirun to start them; and without MPI.
if(downhill_mpirun)
  function(downhill_on_ranks case what)
    add_test(NAME "downhill train on ranks ${what}"
             COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/downhill/ranks_test.sh ${case} $<TARGET_FILE:downhill_program> ${data}
                     ${downhill_mpirun})
    set_tests_properties("downhill train on ranks ${what}" PROPERTIES TIMEOUT 120 RUN_SERIAL ON ENVIRONMENT
                         ASAN_OPTIONS=detect_leaks=0) # as in tests/models/ranks/tests.cmake
  endfunction()
  downhill_on_ranks(losses "has the losses of one process")
  downhill_on_ranks(bits "has the same bits in every run, sharded or not")
  downhill_on_ranks(killed "goes on after a rank was killed, on another number of ranks")
  downhill_on_ranks(row "says which rank has met a wrong row")
  downhill_on_ranks(few "takes more ranks than samples")
else()
  add_test(NAME "downhill train on ranks" COMMAND ${CMAKE_COMMAND} -E echo "SKIP: ${downhill_no_mpirun}")
  set_tests_properties("downhill train on ranks" PROPERTIES SKIP_REGULAR_EXPRESSION "SKIP")
endif()
if(NOT DOWNHILL_HAVE_RANKS)
  downhill_says("train without MPI refuses to be started by mpirun" 2 1 "4 processes were started, and this downhill was built without"
                train ${data}/norris.csv)
  set_tests_properties("downhill train without MPI refuses to be started by mpirun" PROPERTIES ENVIRONMENT
                       OMPI_COMM_WORLD_SIZE=4)
endif()
downhill_says("train writes a checkpoint" 0 any "R²" train ${data}/norris.csv --epochs 3 --checkpoint
              ${written}/norris.checkpoint)
downhill_says("train goes on from a checkpoint" 0 any "It ended after 5 steps" train ${data}/norris.csv --epochs 5
              --checkpoint ${written}/norris.checkpoint --resume)
set_tests_properties("downhill train writes a checkpoint" PROPERTIES FIXTURES_SETUP norris_checkpoint)
set_tests_properties("downhill train goes on from a checkpoint" PROPERTIES FIXTURES_REQUIRED norris_checkpoint)
downhill_says("train needs a checkpoint to go on from" 2 1 "--checkpoint" train ${data}/norris.csv --resume)
downhill_says("train needs the checkpoint to be there" 2 any "none.checkpoint: cannot be read" train ${data}/norris.csv
              --checkpoint ${written}/none.checkpoint --resume)
downhill_says("train says which methods have no checkpoints" 2 any "--checkpoint: Lbfgs takes all samples at once" train
              ${data}/norris.csv --method lbfgs --checkpoint ${written}/c)
