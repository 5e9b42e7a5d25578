using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>Scales the gradients, taken as one vector, to at most this norm; returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable noGrad = no_grad();
                List<Tensor> grads = tensors.Select(p => p.grad).OfType<Tensor>().ToList();
                if (grads.Count == 0) return 0;
                Tensor total = stack(grads.Select(g => g.norm((float)norm_type))).norm((float)norm_type);
                Tensor factor = max_norm / (total + 1e-6);
                if (factor.ToDouble() < 1)
                {
                    foreach (Tensor grad in grads) grad.mul_(factor);
                }

                return total.ToDouble();
            }
        }
    }
}
