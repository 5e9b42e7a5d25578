using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Conversions between .NET numbers and <see cref="Scalar"/>.</summary>
public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => new(ArgKind.Int, value);

    public static Scalar ToScalar(this int value) => new(ArgKind.Int, value);

    public static Scalar ToScalar(this long value) => new(ArgKind.Int, value);

    public static Scalar ToScalar(this float value) => new(ArgKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static Scalar ToScalar(this double value) => new(ArgKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static Scalar ToScalar(this bool value) => new(ArgKind.Bool, value ? 1 : 0);

    public static float ToSingle(this Scalar value) => (float)value.ToDouble();

    public static double ToDouble(this Scalar value) =>
        value.Kind == ArgKind.Double ? BitConverter.Int64BitsToDouble(value.Bits) : value.Bits;

    public static int ToInt32(this Scalar value) => checked((int)value.ToInt64());

    public static long ToInt64(this Scalar value) =>
        value.Kind == ArgKind.Double ? checked((long)value.ToDouble()) : value.Bits;

    public static bool ToBoolean(this Scalar value) =>
        value.Kind == ArgKind.Double ? value.ToDouble() != 0 : value.Bits != 0;
}
