using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op s_detach = new("aten::detach");

        public bool requires_grad
        {
            get => Keep(Native.tl_requires_grad(Handle)) != 0;
            set => Native.Check(Keep(Native.tl_set_requires_grad(Handle, value ? 1 : 0)));
        }

        /// <summary>The accumulated gradient; each get is a new wrapper of it, to be disposed.</summary>
        public Tensor? grad
        {
            get
            {
                nint handle = Keep(Native.tl_grad(Handle));
                return handle == 0 ? null : new Tensor(handle);
            }

            set
            {
                Native.Check(Keep(Native.tl_set_grad(Handle, value?.Handle ?? 0)));
                GC.KeepAlive(value);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public Tensor detach() => s_detach.Call(this);

        public void backward() => backward(null);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward(this, grad_tensors, retain_graph, create_graph, inputs);
    }
}
