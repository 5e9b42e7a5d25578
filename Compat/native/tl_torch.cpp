// The native half of the TorchSharp stand-in: a C ABI over libtorch.
//
// One entry point, tl_call, reaches every ATen operator through the dispatcher (with autograd); the rest is what no
// operator gives: memory, metadata, gradients, grad mode, random state, threads, devices. A tensor handle is an
// at::Tensor on the heap, owned by the caller (tl_free_tensor). No C++ exception leaves this file: functions that can
// fail return a failure value and leave the message for tl_last_error. Kept to what libtorch 1.13 and 2.x share.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#define TL_API extern "C" __attribute__((visibility("default")))

namespace {

// Mirrored by ArgKind in Interop/Arg.cs.
enum Kind : int32_t { NONE, DEFAULT, TENSOR, INT, DOUBLE, BOOL, INTS, TENSORS, DEVICE, STRING, GENERATOR };

struct Value {
    int32_t kind;
    int32_t count;  // of INTS, TENSORS, STRING; the index of a DEVICE
    union {
        int64_t i;
        double d;
        void* p;
    };
};

struct Operator {
    c10::OperatorHandle handle;
    std::vector<c10::IValue> defaults;
    std::vector<bool> has_default;
    std::vector<bool> is_double;
};

thread_local std::string last_error;

at::Tensor& tensor(void* handle) { return *static_cast<at::Tensor*>(handle); }

void* wrap(at::Tensor t) { return t.defined() ? new at::Tensor(std::move(t)) : nullptr; }

// Runs the body; a C++ exception becomes `failed`, its text what tl_last_error returns.
template <typename R, typename F>
R guarded(R failed, F&& body) {
    try {
        return body();
    } catch (const c10::Error& e) {
        last_error = e.what_without_backtrace();
    } catch (const std::exception& e) {
        last_error = e.what();
    } catch (...) {
        last_error = "unknown C++ exception";
    }
    return failed;
}

c10::IValue to_ivalue(const Value& v, const Operator& op, size_t at) {
    switch (v.kind) {
        case NONE:
            return c10::IValue();
        case TENSOR:
            return c10::IValue(tensor(v.p));
        case INT:
            return op.is_double[at] ? c10::IValue(static_cast<double>(v.i)) : c10::IValue(v.i);
        case DOUBLE:
            return c10::IValue(v.d);
        case BOOL:
            return c10::IValue(v.i != 0);
        case INTS: {
            auto* p = static_cast<const int64_t*>(v.p);
            return c10::IValue(std::vector<int64_t>(p, p + v.count));
        }
        case TENSORS: {
            c10::List<at::Tensor> list;
            list.reserve(v.count);
            for (int i = 0; i < v.count; i++) list.push_back(tensor(static_cast<void**>(v.p)[i]));
            return c10::IValue(std::move(list));
        }
        case DEVICE:
            return c10::IValue(c10::Device(static_cast<c10::DeviceType>(v.i), static_cast<c10::DeviceIndex>(v.count)));
        case STRING:
            return c10::IValue(std::string(static_cast<const char*>(v.p), v.count));
        case GENERATOR:
            return c10::IValue(*static_cast<at::Generator*>(v.p));
        default:
            TORCH_CHECK(op.has_default[at], op.handle.schema().name(), ": argument ", at, " has no default");
            return op.defaults[at];
    }
}

void to_value(c10::IValue&& iv, Value& out) {
    out.count = 0;
    if (iv.isTensor()) {
        out.kind = TENSOR;
        out.p = wrap(std::move(iv).toTensor());
    } else if (iv.isTensorList()) {
        auto list = iv.toTensorVector();
        out.kind = TENSORS;
        out.count = static_cast<int32_t>(list.size());
        auto** handles = static_cast<void**>(std::malloc(sizeof(void*) * (list.size() + 1)));
        for (size_t i = 0; i < list.size(); i++) handles[i] = wrap(list[i]);
        out.p = handles;
    } else if (iv.isBool()) {
        out.kind = BOOL;
        out.i = iv.toBool();
    } else if (iv.isInt()) {
        out.kind = INT;
        out.i = iv.toInt();
    } else if (iv.isDouble()) {
        out.kind = DOUBLE;
        out.d = iv.toDouble();
    } else {
        TORCH_CHECK(false, "a result of type ", iv.tagKind(), " cannot be returned");
    }
}

std::vector<at::Tensor> tensors(void** handles, int n) {
    std::vector<at::Tensor> list;
    list.reserve(n);
    for (int i = 0; i < n; i++) list.push_back(handles[i] ? tensor(handles[i]) : at::Tensor());
    return list;
}

}  // namespace

TL_API const char* tl_last_error() { return last_error.c_str(); }
TL_API void tl_free(void* p) { std::free(p); }

// ---- operators

TL_API void* tl_find(const char* name, const char* overload) {
    return guarded<void*>(nullptr, [&]() -> void* {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        auto* op = new Operator{handle, {}, {}, {}};
        for (const auto& argument : handle.schema().arguments()) {
            const auto& value = argument.default_value();
            bool optional = argument.type()->kind() == c10::TypeKind::OptionalType;
            op->has_default.push_back(value.has_value() || optional);
            op->defaults.push_back(value.has_value() ? *value : c10::IValue());
            op->is_double.push_back(argument.type()->kind() == c10::TypeKind::FloatType);
        }
        return op;
    });
}

// Calls an operator. Arguments beyond `count` take the schema's defaults. Writes at most `capacity` results (0 for an
// in-place operator, whose result the caller already holds) and returns how many, or -1.
TL_API int32_t tl_call(void* op_, const Value* args, int32_t count, Value* results, int32_t capacity) {
    return guarded<int32_t>(-1, [&]() -> int32_t {
        auto& op = *static_cast<Operator*>(op_);
        const size_t total = op.defaults.size();
        TORCH_CHECK(static_cast<size_t>(count) <= total, op.handle.schema().name(), ": too many arguments");
        std::vector<c10::IValue> stack;
        stack.reserve(total);
        const Value missing{DEFAULT, 0, {0}};
        for (size_t i = 0; i < total; i++)
            stack.push_back(to_ivalue(i < static_cast<size_t>(count) ? args[i] : missing, op, i));
        op.handle.callBoxed(&stack);
        int32_t n = std::min(capacity, static_cast<int32_t>(stack.size()));
        for (int32_t i = 0; i < n; i++) to_value(std::move(stack[i]), results[i]);
        return n;
    });
}

// ---- tensors

TL_API void tl_free_tensor(void* t) { delete static_cast<at::Tensor*>(t); }

TL_API void* tl_alias(void* t) { return wrap(tensor(t)); }

TL_API void* tl_data(void* t) {
    return guarded<void*>(nullptr, [&] { return tensor(t).data_ptr(); });
}

TL_API int64_t tl_numel(void* t) { return tensor(t).numel(); }
TL_API int64_t tl_dim(void* t) { return tensor(t).dim(); }
TL_API int32_t tl_dtype(void* t) { return static_cast<int32_t>(tensor(t).scalar_type()); }
TL_API int32_t tl_element_size(void* t) { return static_cast<int32_t>(tensor(t).element_size()); }
TL_API int32_t tl_device_type(void* t) { return static_cast<int32_t>(tensor(t).device().type()); }
TL_API int32_t tl_device_index(void* t) { return tensor(t).device().index(); }
TL_API int32_t tl_is_contiguous(void* t) { return tensor(t).is_contiguous(); }
TL_API int32_t tl_is_leaf(void* t) { return tensor(t).is_leaf(); }

// `out` has room for tl_dim numbers.
TL_API void tl_sizes(void* t, int64_t* out) {
    for (auto size : tensor(t).sizes()) *out++ = size;
}

TL_API void tl_strides(void* t, int64_t* out) {
    for (auto stride : tensor(t).strides()) *out++ = stride;
}

// A tensor over the caller's memory; `deleter(context)` runs once, when nothing uses the memory any more.
TL_API void* tl_from_blob(
    void* data, const int64_t* sizes, int32_t dim, int32_t dtype, void (*deleter)(void*), void* context) {
    return guarded<void*>(nullptr, [&] {
        auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype));
        return wrap(at::from_blob(
            data, at::IntArrayRef(sizes, dim), [deleter, context](void*) { deleter(context); }, options));
    });
}

// ---- autograd

TL_API int32_t tl_requires_grad(void* t) { return tensor(t).requires_grad(); }

TL_API int32_t tl_set_requires_grad(void* t, int32_t on) {
    return guarded<int32_t>(-1, [&] {
        tensor(t).set_requires_grad(on != 0);
        return 0;
    });
}

TL_API void* tl_grad(void* t) {
    return guarded<void*>(nullptr, [&] {
        const at::Tensor& self = tensor(t);
        return wrap(self.grad());
    });
}

TL_API int32_t tl_set_grad(void* t, void* grad) {
    return guarded<int32_t>(-1, [&] {
        tensor(t).mutable_grad() = grad ? tensor(grad) : at::Tensor();
        return 0;
    });
}

TL_API int32_t tl_backward(
    void** roots, int32_t root_count, void** grads, int32_t grad_count, int32_t retain_graph, int32_t create_graph,
    void** inputs, int32_t input_count) {
    return guarded<int32_t>(-1, [&] {
        torch::autograd::backward(
            tensors(roots, root_count), tensors(grads, grad_count), retain_graph != 0, create_graph != 0,
            tensors(inputs, input_count));
        return 0;
    });
}

TL_API int32_t tl_grad_enabled() { return c10::GradMode::is_enabled(); }
TL_API void tl_set_grad_enabled(int32_t on) { c10::GradMode::set_enabled(on != 0); }

TL_API void* tl_inference_mode(int32_t on) { return new c10::InferenceMode(on != 0); }
TL_API void tl_end_inference_mode(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

// ---- random numbers

TL_API void* tl_default_generator() { return new at::Generator(at::detail::getDefaultCPUGenerator()); }

TL_API void* tl_new_generator(uint64_t seed) {
    return guarded<void*>(nullptr, [&] { return new at::Generator(at::detail::createCPUGenerator(seed)); });
}

TL_API void tl_free_generator(void* g) { delete static_cast<at::Generator*>(g); }

// Seeds the CPU's and every CUDA device's generator.
TL_API int32_t tl_manual_seed(int64_t seed) {
    return guarded<int32_t>(-1, [&] {
        at::manual_seed(static_cast<uint64_t>(seed));
        return 0;
    });
}

TL_API int32_t tl_generator_seed(void* g, int64_t seed) {
    return guarded<int32_t>(-1, [&] {
        auto& generator = *static_cast<at::Generator*>(g);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(static_cast<uint64_t>(seed));
        return 0;
    });
}

TL_API int64_t tl_generator_initial_seed(void* g) {
    return static_cast<int64_t>(static_cast<at::Generator*>(g)->current_seed());
}

TL_API void* tl_generator_state(void* g) {
    return guarded<void*>(nullptr, [&] {
        auto& generator = *static_cast<at::Generator*>(g);
        std::lock_guard<std::mutex> lock(generator.mutex());
        return wrap(generator.get_state());
    });
}

TL_API int32_t tl_generator_set_state(void* g, void* state) {
    return guarded<int32_t>(-1, [&] {
        auto& generator = *static_cast<at::Generator*>(g);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_state(tensor(state));
        return 0;
    });
}

// ---- threads and devices

TL_API int32_t tl_get_num_threads() { return at::get_num_threads(); }

// Debian's libtorch calls OpenBLAS with its own thread pool, which at::set_num_threads does not reach: left alone the
// two pools fight for the cores, and sums depend on the pool's size. OpenBLAS builds its pool anew with
// every call, which must not happen while another thread computes: it is called only where the number changes.
TL_API int32_t tl_set_num_threads(int32_t n) {
    return guarded<int32_t>(-1, [&] {
        TORCH_CHECK(n > 0, "set_num_threads expects a positive integer");
        at::set_num_threads(n);
        static auto* get = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
        static auto* set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
        if (set && get && get() != n) set(n);
        return 0;
    });
}

TL_API int32_t tl_cuda_is_available() {
    return guarded<int32_t>(0, [] { return static_cast<int32_t>(torch::cuda::is_available()); });
}

TL_API int32_t tl_cuda_device_count() {
    return guarded<int32_t>(0, [] { return static_cast<int32_t>(torch::cuda::device_count()); });
}

TL_API int32_t tl_cuda_synchronize(int64_t device) {
    return guarded<int32_t>(-1, [&] {
        torch::cuda::synchronize(device);
        return 0;
    });
}
