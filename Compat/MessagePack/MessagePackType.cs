namespace MessagePack;

/// <summary>The family of a value, as the MessagePack specification groups its codes.</summary>
public enum MessagePackType : byte
{
    /// <summary>The one code that the format never uses (0xc1).</summary>
    Unknown = 0,

    /// <summary>A signed or unsigned integer of any width.</summary>
    Integer = 1,

    /// <summary>The nil value.</summary>
    Nil = 2,

    /// <summary>True or false.</summary>
    Boolean = 3,

    /// <summary>A float of 32 or 64 bits.</summary>
    Float = 4,

    /// <summary>UTF-8 text.</summary>
    String = 5,

    /// <summary>Bytes.</summary>
    Binary = 6,

    /// <summary>An array header.</summary>
    Array = 7,

    /// <summary>A map header.</summary>
    Map = 8,

    /// <summary>An extension value.</summary>
    Extension = 9,
}
