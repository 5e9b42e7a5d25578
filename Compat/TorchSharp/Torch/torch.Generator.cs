using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A stream of random numbers, CPU only.</summary>
    public class Generator : IDisposable
    {
        public Generator(ulong seed = 0, Device? device = null)
            : this(Native.Check(Native.tl_new_generator(seed)))
        {
            if (device is { type: not DeviceType.CPU }) throw new NotSupportedException("generators of other devices than the CPU");
        }

        private Generator(nint handle) => Handle = handle;

        ~Generator() => Dispose(false);

        /// <summary>The process-wide CPU generator.</summary>
        public static Generator Default => new(Native.tl_default_generator());

        public IntPtr Handle { get; private set; }

        public Device device { get; } = CPU;

        public Tensor get_state() => new(Native.Check(Native.tl_generator_state(Handle)));

        public void set_state(Tensor value)
        {
            Native.Check(Native.tl_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(value);
        }

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.tl_generator_seed(Handle, seed));
            return this;
        }

        public long initial_seed() => Native.tl_generator_initial_seed(Handle);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle != 0) Native.tl_free_generator(Handle);
            Handle = 0;
        }
    }
}
