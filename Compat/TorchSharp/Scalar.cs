using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>A number of dynamic type. Managed only: disposing it does nothing.</summary>
public sealed class Scalar : IDisposable
{
    internal Scalar(ArgKind kind, long bits)
    {
        Kind = kind;
        Bits = bits;
    }

    internal ArgKind Kind { get; }

    internal long Bits { get; }

    public torch.ScalarType Type => Kind switch
    {
        ArgKind.Double => torch.ScalarType.Float64,
        ArgKind.Bool => torch.ScalarType.Bool,
        _ => torch.ScalarType.Int64,
    };

    public static implicit operator Scalar(byte value) => value.ToScalar();

    public static implicit operator Scalar(sbyte value) => ((long)value).ToScalar();

    public static implicit operator Scalar(short value) => ((long)value).ToScalar();

    public static implicit operator Scalar(int value) => value.ToScalar();

    public static implicit operator Scalar(long value) => value.ToScalar();

    public static implicit operator Scalar(float value) => value.ToScalar();

    public static implicit operator Scalar(double value) => value.ToScalar();

    public static implicit operator Scalar(bool value) => value.ToScalar();

    public void Dispose()
    {
    }
}
