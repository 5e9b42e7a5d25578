using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Owns one native tensor: freed exactly once, by Dispose or by the finalizer.</summary>
internal sealed class TensorHandle : SafeHandle
{
    private static long s_live;

    public TensorHandle(nint tensor)
        : base(0, ownsHandle: true)
    {
        SetHandle(tensor);
        Interlocked.Increment(ref s_live);
    }

    /// <summary>Handles that are not freed yet.</summary>
    public static long Live => Interlocked.Read(ref s_live);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Native.tl_free_tensor(handle);
        Interlocked.Decrement(ref s_live);
        return true;
    }
}
