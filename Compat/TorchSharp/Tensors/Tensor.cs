using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>An n-dimensional array in native memory. Dispose it, or create it in a <see cref="DisposeScope"/>.</summary>
    /// <remarks>Not to be disposed by one thread while another one uses it.</remarks>
    public partial class Tensor : IDisposable
    {
        private TensorHandle? _handle;

        internal Tensor(nint handle)
        {
            _handle = new TensorHandle(handle);
            OwningDisposeScope = DisposeScopeManager.ThreadSingleton.RegisterOnCurrentDisposeScope(this);
        }

        /// <summary>Takes over the native tensor of <paramref name="consumed"/>, and its place in its scope.</summary>
        private protected Tensor(Tensor consumed)
        {
            _handle = consumed._handle ?? throw Empty();
            consumed._handle = null;
            DisposeScope.ReplaceWith(consumed, this);
        }

        /// <summary>Native tensors that are not freed yet.</summary>
        public static long TotalCount => TensorHandle.Live;

        /// <summary>The native tensor; InvalidOperationException after Dispose.</summary>
        public IntPtr Handle => _handle?.DangerousGetHandle() ?? throw Empty();

        public bool IsInvalid => _handle is null;

        internal DisposeScope? OwningDisposeScope { get; set; }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is not null) OwningDisposeScope.MoveToOther(other, this);
            else other?.Attach(this);
            return this;
        }

        /// <summary>A second wrapper of the same native tensor.</summary>
        public Tensor alias()
        {
            var result = new Tensor(Native.tl_alias(Handle));
            GC.KeepAlive(this);
            return result;
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        public override string ToString() =>
            IsInvalid ? "[disposed]" : $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";

        protected virtual void Dispose(bool disposing)
        {
            if (_handle is null) return;
            OwningDisposeScope?.MarkAsDisposed(this);
            _handle.Dispose();
            _handle = null;
        }

        private static InvalidOperationException Empty() => new("Tensor invalid -- empty handle.");
    }
}
