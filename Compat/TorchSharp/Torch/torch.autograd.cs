using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>Accumulates into the leaves' gradients the sum of the vector-Jacobian products.</summary>
        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            Run(tensors.ToArray(), grad_tensors?.ToArray() ?? [], retain_graph ?? create_graph, create_graph, inputs?.ToArray() ?? []);

        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        private static unsafe void Run(Tensor[] roots, Tensor[] grads, bool retainGraph, bool createGraph, Tensor[] inputs)
        {
            nint[] handles = [.. roots.Select(t => t.Handle), .. grads.Select(t => t.Handle), .. inputs.Select(t => t.Handle)];
            fixed (nint* p = handles)
            {
                int status = Native.tl_backward(
                    p, roots.Length, p + roots.Length, grads.Length, retainGraph ? 1 : 0, createGraph ? 1 : 0,
                    p + roots.Length + grads.Length, inputs.Length);
                GC.KeepAlive(roots);
                GC.KeepAlive(grads);
                GC.KeepAlive(inputs);
                Native.Check(status);
            }
        }
    }
}
