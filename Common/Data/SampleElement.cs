namespace TraversalLearning.Data;

/// <summary>Element type of samples, as in the files.</summary>
public enum SampleElement
{
    /// <summary>A pixel as an unsigned byte; normalised for training.</summary>
    UInt8,

    /// <summary>IEEE 754 single precision, used unchanged.</summary>
    Float32,

    /// <summary>IEEE 754 double precision, used unchanged.</summary>
    Float64,

    /// <summary>A 4-byte token: the index of a word, looked up by the model's first layer.</summary>
    Int32,

    /// <summary>An 8-byte token.</summary>
    Int64,
}

/// <summary>Extensions of <see cref="SampleElement"/>.</summary>
public static class SampleElementExtensions
{
    /// <summary>Bytes of an element.</summary>
    public static int Size(this SampleElement element) => element switch
    {
        SampleElement.UInt8 => sizeof(byte),
        SampleElement.Float32 or SampleElement.Int32 => sizeof(int),
        _ => sizeof(long),
    };

    /// <summary>Whether elements are tokens rather than measurements.</summary>
    public static bool IsToken(this SampleElement element) => element is SampleElement.Int32 or SampleElement.Int64;

    /// <summary>The element type of a <see cref="Word"/>; <see langword="null"/> if there is none.</summary>
    public static SampleElement? Parse(string word) => Enum.GetValues<SampleElement>().Cast<SampleElement?>().FirstOrDefault(e => string.Equals(e!.Value.Word(), word, StringComparison.Ordinal));

    /// <summary>The name in messages, which is numpy's: <c>uint8</c>, <c>float32</c> and so on.</summary>
    public static string Word(this SampleElement element) => element switch
    {
        SampleElement.UInt8 => "uint8",
        SampleElement.Float32 => "float32",
        SampleElement.Float64 => "float64",
        SampleElement.Int32 => "int32",
        _ => "int64",
    };
}
