#include <autodiff/gradient.hpp>

namespace downhill {

template void reverse_sweep<double>(const std::byte*, const std::byte*, double*);
template void reverse_sweep<float>(const std::byte*, const std::byte*, float*);

}  // namespace downhill
