using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Op s_rand = new("aten::rand");
    private static readonly Op s_randGenerator = new("aten::rand", "generator");
    private static readonly Op s_randn = new("aten::randn");
    private static readonly Op s_randnGenerator = new("aten::randn", "generator");
    private static readonly Op s_randperm = new("aten::randperm");
    private static readonly Op s_randpermGenerator = new("aten::randperm", "generator");

    /// <summary>Uniform on [0, 1).</summary>
    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random(s_rand, s_randGenerator, size, generator, dtype, device, requires_grad);

    public static Tensor rand(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        rand(size.ToArray(), dtype, device, requires_grad, generator, names);

    public static Tensor rand(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        rand(new[] { size }, dtype, device, requires_grad, generator, names);

    public static Tensor rand(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        rand(new[] { rows, columns }, dtype, device, requires_grad, generator, names);

    public static Tensor rand(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        rand(new[] { dim0, dim1, dim2 }, dtype, device, requires_grad, generator, names);

    public static Tensor rand(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        rand(new[] { dim0, dim1, dim2, dim3 }, dtype, device, requires_grad, generator, names);

    /// <summary>Normal of mean 0 and variance 1.</summary>
    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random(s_randn, s_randnGenerator, size, generator, dtype, device, requires_grad);

    public static Tensor randn(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn(size.ToArray(), dtype, device, requires_grad, generator, names);

    public static Tensor randn(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn(new[] { size }, dtype, device, requires_grad, generator, names);

    public static Tensor randn(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn(new[] { rows, columns }, dtype, device, requires_grad, generator, names);

    public static Tensor randn(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn(new[] { dim0, dim1, dim2 }, dtype, device, requires_grad, generator, names);

    public static Tensor randn(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn(new[] { dim0, dim1, dim2, dim3 }, dtype, device, requires_grad, generator, names);

    /// <summary>A permutation of 0 … n-1.</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null)
    {
        dtype ??= ScalarType.Int64;
        Tensor result = generator is null
            ? s_randperm.Call(n, dtype, Arg.Default, device)
            : s_randpermGenerator.Call(n, generator, dtype, Arg.Default, device);
        return Created(result, requires_grad);
    }

    /// <summary>Seeds the CPU's and every GPU's generator.</summary>
    public static Generator manual_seed(long seed)
    {
        Native.Check(Native.tl_manual_seed(seed));
        return Generator.Default;
    }

    /// <summary>The CPU generator's state, a byte tensor.</summary>
    public static Tensor get_rng_state()
    {
        using Generator generator = Generator.Default;
        return generator.get_state();
    }

    public static void set_rng_state(Tensor new_state)
    {
        using Generator generator = Generator.Default;
        generator.set_state(new_state);
    }

    private static Tensor Random(
        Op op, Op seeded, long[] size, Generator? generator, ScalarType? dtype, Device? device, bool requires_grad)
    {
        dtype ??= ScalarType.Float32;
        Tensor result = generator is null
            ? op.Call(size, dtype, Arg.Default, device)
            : seeded.Call(size, generator, dtype, Arg.Default, device);
        return Created(result, requires_grad);
    }
}
