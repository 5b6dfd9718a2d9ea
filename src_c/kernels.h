/* Every kernel that the loops can call. */
#include "relu.h"
#include "sigmoid.h"
#include "softmax.h"
#include "softplus.h"
#include "tanh.h"
