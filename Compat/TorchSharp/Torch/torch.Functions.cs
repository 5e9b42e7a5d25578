using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Op s_cat = new("aten::cat");
    private static readonly Op s_stack = new("aten::stack");

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => s_cat.Call(tensors.ToArray(), dim);

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => s_stack.Call(tensors.ToArray(), dim);

    public static bool allclose(Tensor tensor, Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
        tensor.allclose(target, rtol, atol, equal_nan);

    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);

    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    public static Tensor mm(Tensor input, Tensor target) => input.mm(target);

    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmm(mat1, mat2, beta, alpha);
}
