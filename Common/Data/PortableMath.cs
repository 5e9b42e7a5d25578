namespace TraversalLearning.Data;

/// <summary>
/// Logarithm and exponential from additions, multiplications and divisions of doubles only, which IEEE 754 rounds the same
/// everywhere. Those of <see cref="Math"/> come from the C library and may differ in the last bit between machines: enough to
/// assign a sample to two nodes or to none.
/// </summary>
internal static class PortableMath
{
    private const double Ln2 = 0.693147180559945309417;
    private const int FractionBits = 52;
    private const int Bias = 1023;

    /// <summary>The natural logarithm of a positive, normal number, within some units in the last place.</summary>
    public static double Log(double value)
    {
        // value = m · 2^e with m from √½ to √2, and log m = 2 (s + s³/3 + s⁵/5 + …) with s = (m - 1) / (m + 1), at most 0.172.
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> FractionBits) - Bias;
        double mantissa = BitConverter.Int64BitsToDouble((bits & ((1L << FractionBits) - 1)) | ((long)Bias << FractionBits));
        if (mantissa > 1.4142135623730951)
        {
            mantissa /= 2;
            exponent++;
        }

        double s = (mantissa - 1) / (mantissa + 1);
        double square = s * s;
        double sum = 0;
        for (int k = 23; k >= 1; k -= 2)
        {
            sum = (sum * square) + (1.0 / k);
        }

        return (2 * s * sum) + (exponent * Ln2);
    }

    /// <summary>e to the power of a number that is not positive, within some units in the last place; 0 below -700.</summary>
    public static double Exp(double value)
    {
        if (value < -700)
        {
            return 0;
        }

        // value = k ln 2 + r with r from 0 to ln 2, and Taylor's series.
        int k = (int)Math.Floor(value / Ln2);
        double r = value - (k * Ln2);
        double sum = 1;
        for (int n = 20; n >= 1; n--)
        {
            sum = 1 + (sum * r / n);
        }

        return sum * BitConverter.Int64BitsToDouble((long)(k + Bias) << FractionBits);
    }
}
