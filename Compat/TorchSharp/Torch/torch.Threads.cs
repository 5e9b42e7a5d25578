using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Threads that one operator may use on the CPU.</summary>
    public static int get_num_threads() => Native.tl_get_num_threads();

    /// <summary>Sets libtorch's and, where libtorch calls it with a pool of its own, OpenBLAS' number of threads.</summary>
    public static void set_num_threads(int num) => Native.Check(Native.tl_set_num_threads(num));

    public static partial class cuda
    {
        public static bool is_available() => Native.tl_cuda_is_available() != 0;

        public static int device_count() => Native.tl_cuda_device_count();

        public static void synchronize(Device? device = null) => Native.Check(Native.tl_cuda_synchronize(device?.index ?? -1));
    }

    public static bool cuda_is_available() => cuda.is_available();
}
