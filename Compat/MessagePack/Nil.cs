using System.Runtime.InteropServices;

namespace MessagePack;

/// <summary>The one value of type nil.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Nil
{
    /// <summary>The value.</summary>
    public static readonly Nil Default;
}
