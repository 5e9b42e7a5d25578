using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The C ABI of libtl_torch.so (Compat/native/tl_torch.cpp). Trivial getters skip the GC transition.</summary>
internal static unsafe partial class Native
{
    private const string Library = "tl_torch";

    [LibraryImport(Library)] private static partial byte* tl_last_error();
    [LibraryImport(Library)] internal static partial void tl_free(void* p);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint tl_find(string name, string overload);
    [LibraryImport(Library)]
    internal static partial int tl_call(nint op, NativeValue* args, int count, NativeValue* results, int capacity);

    [LibraryImport(Library)] internal static partial void tl_free_tensor(nint t);
    [LibraryImport(Library)] internal static partial nint tl_alias(nint t);
    [LibraryImport(Library)] internal static partial nint tl_data(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial long tl_numel(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial long tl_dim(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_dtype(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_element_size(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_device_type(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_device_index(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_is_contiguous(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_is_leaf(nint t);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void tl_sizes(nint t, long* sizes);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void tl_strides(nint t, long* strides);
    [LibraryImport(Library)]
    internal static partial nint tl_from_blob(
        void* data, long* sizes, int dim, int dtype, delegate* unmanaged<nint, void> deleter, nint context);

    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_requires_grad(nint t);
    [LibraryImport(Library)] internal static partial int tl_set_requires_grad(nint t, int on);
    [LibraryImport(Library)] internal static partial nint tl_grad(nint t);
    [LibraryImport(Library)] internal static partial int tl_set_grad(nint t, nint grad);
    [LibraryImport(Library)]
    internal static partial int tl_backward(
        nint* roots, int rootCount, nint* grads, int gradCount, int retainGraph, int createGraph, nint* inputs, int inputCount);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int tl_grad_enabled();
    [LibraryImport(Library), SuppressGCTransition] internal static partial void tl_set_grad_enabled(int on);
    [LibraryImport(Library)] internal static partial nint tl_inference_mode(int on);
    [LibraryImport(Library)] internal static partial void tl_end_inference_mode(nint guard);

    [LibraryImport(Library)] internal static partial nint tl_default_generator();
    [LibraryImport(Library)] internal static partial nint tl_new_generator(ulong seed);
    [LibraryImport(Library)] internal static partial void tl_free_generator(nint g);
    [LibraryImport(Library)] internal static partial int tl_manual_seed(long seed);
    [LibraryImport(Library)] internal static partial int tl_generator_seed(nint g, long seed);
    [LibraryImport(Library)] internal static partial long tl_generator_initial_seed(nint g);
    [LibraryImport(Library)] internal static partial nint tl_generator_state(nint g);
    [LibraryImport(Library)] internal static partial int tl_generator_set_state(nint g, nint state);

    [LibraryImport(Library)] internal static partial int tl_get_num_threads();
    [LibraryImport(Library)] internal static partial int tl_set_num_threads(int n);
    [LibraryImport(Library)] internal static partial int tl_cuda_is_available();
    [LibraryImport(Library)] internal static partial int tl_cuda_device_count();
    [LibraryImport(Library)] internal static partial int tl_cuda_synchronize(long device);

    /// <summary>Throws what the native side left as its message if <paramref name="status"/> says that it failed.</summary>
    internal static void Check(int status)
    {
        if (status < 0) Throw();
    }

    /// <summary>The same for functions that return a handle.</summary>
    internal static nint Check(nint handle)
    {
        if (handle == 0) Throw();
        return handle;
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    internal static void Throw() =>
        throw new ExternalException(Marshal.PtrToStringUTF8((nint)tl_last_error()));
}
