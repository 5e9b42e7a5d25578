using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Until it is disposed, this thread records nothing for autograd.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.tl_grad_enabled() != 0;

    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Tensors that this thread creates from now on are disposed with the scope.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    private sealed class GradMode : IDisposable
    {
        private readonly int _previous = Native.tl_grad_enabled();

        public GradMode(bool enabled) => Native.tl_set_grad_enabled(enabled ? 1 : 0);

        public void Dispose() => Native.tl_set_grad_enabled(_previous);
    }

    private sealed class InferenceMode(bool mode) : IDisposable
    {
        private nint _guard = Native.tl_inference_mode(mode ? 1 : 0);

        public void Dispose()
        {
            if (_guard != 0) Native.tl_end_inference_mode(_guard);
            _guard = 0;
        }
    }
}
