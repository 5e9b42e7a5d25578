using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Mirrors <c>Kind</c> in tl_torch.cpp.</summary>
internal enum ArgKind
{
    None,
    Default,
    Tensor,
    Int,
    Double,
    Bool,
    Ints,
    Tensors,
    Device,
    String,
    Generator,
}

/// <summary>Mirrors <c>Value</c> in tl_torch.cpp: 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public ArgKind Kind;
    public int Count;
    public long Bits;
}

/// <summary>One argument of an operator; it keeps a tensor alive for as long as the call lasts.</summary>
internal readonly struct Arg
{
    public readonly ArgKind Kind;
    public readonly int Count;
    public readonly long Bits;
    public readonly object? Reference;

    private Arg(ArgKind kind, long bits = 0, int count = 0, object? reference = null)
    {
        Kind = kind;
        Count = count;
        Bits = bits;
        Reference = reference;
    }

    /// <summary>Takes the schema's default.</summary>
    public static Arg Default => new(ArgKind.Default);

    public static implicit operator Arg(torch.Tensor? value) =>
        value is null ? default : new(ArgKind.Tensor, value.Handle, 0, value);

    public static implicit operator Arg(long value) => new(ArgKind.Int, value);

    public static implicit operator Arg(long? value) => value is { } number ? new(ArgKind.Int, number) : default;

    public static implicit operator Arg(double value) => new(ArgKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Arg(bool value) => new(ArgKind.Bool, value ? 1 : 0);

    public static implicit operator Arg(long[] value) => new(ArgKind.Ints, 0, value.Length, value);

    public static implicit operator Arg(torch.Tensor[] value) => new(ArgKind.Tensors, 0, value.Length, value);

    public static implicit operator Arg(string value) => new(ArgKind.String, 0, value.Length, value);

    public static implicit operator Arg(Scalar value) => new(value.Kind, value.Bits);

    public static implicit operator Arg(torch.ScalarType? value) =>
        value is { } type ? new(ArgKind.Int, (long)type) : default;

    public static implicit operator Arg(torch.Device? value) =>
        value is null ? default : new(ArgKind.Device, (long)value.type, value.index);

    public static implicit operator Arg(torch.Generator? value) =>
        value is null ? default : new(ArgKind.Generator, value.Handle, 0, value);
}
