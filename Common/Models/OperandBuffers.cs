using TorchSharp;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>
/// The buffers into which OpenBLAS, which multiplies matrices where libtorch is Debian's, copies its operands before a product. It maps them untouched, and
/// its kernels for Haswell and Zen prefetch beyond what a small product fills. Behind a page that nobody has written to there is no memory, which the processor
/// finds out anew, by a walk through the page tables, at every turn of the innermost loop: in a virtual machine a product of 341 × 256 by 256 × 128 takes three
/// times as long as it does once a large product has written to these pages. So there is one before the first.
/// </summary>
public static class OperandBuffers
{
    // Larger than the blocks that any kernel takes at once, so that they are all filled, the furthest one too; some milliseconds.
    private const int Rows = 96;
    private const int Inner = 400;
    private const int Columns = 1024;

    [ThreadStatic]
    private static bool _touched;

    /// <summary>
    /// Has them touched for as many products at once as there are threads that call this at once; a thread does it once. To be called when the number of
    /// threads of the process is settled. No result depends on it.
    /// </summary>
    /// <param name="device">Where is computed; nothing is done where that is not the CPU.</param>
    public static void Touch(Device device)
    {
        if (_touched || device.type != DeviceType.CPU)
        {
            return;
        }

        _touched = true;
        using (NewDisposeScope())
        using (no_grad())
        {
            zeros([Rows, Inner]).mm(zeros([Inner, Columns]));
        }
    }
}
