#include <autodiff/sweep.hpp>

namespace downhill {

template class Sweep<double>;
template class Sweep<float>;

}  // namespace downhill
