#include <autodiff/gradient.hpp>

namespace downhill {

template class Tape<double>;
template class Tape<float>;
template class Gradient<double>;
template class Gradient<float>;

}  // namespace downhill
