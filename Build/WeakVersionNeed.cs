using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies a native library of a package, and marks one version that it needs of libstdc++ as weak: where this machine's libstdc++ is older, or for every machine.
/// </summary>
/// <remarks>
/// TorchSharp 0.107.0 is built with GCC 13, which leaves a reference to _ZSt21ios_base_library_initv@GLIBCXX_3.4.32 in whatever includes
/// iostream: a marker, to which no relocation refers, so that nothing ever looks it up. The loader still refuses the library where libstdc++
/// has no version of that name (Debian 12 ends at 3.4.30). Weak (VER_FLG_WEAK) means that the loader does without. A library that has a relocation
/// against a symbol of that version is copied as it is: there the loader's refusal is right.
/// </remarks>
public sealed class WeakVersionNeed : Task
{
    private const int Rela = 4, DynamicSymbols = 11, VersionOfSymbols = 0x6fffffff, VersionNeeds = 0x6ffffffe, Weak = 2;

    /// <summary>An ELF library, 64 bits, little-endian.</summary>
    [Required]
    public string Source { get; set; }

    /// <summary>Where the copy goes.</summary>
    [Required]
    public string Destination { get; set; }

    /// <summary>The version's name, such as GLIBCXX_3.4.32.</summary>
    [Required]
    public string Version { get; set; }

    /// <summary>Whether the copy is for a package: machines that it is installed on may have an older libstdc++ than this one.</summary>
    public bool ForEveryMachine { get; set; }

    public override bool Execute()
    {
        byte[] image = File.ReadAllBytes(Source);
        if (ForEveryMachine || !SystemHas(Version))
        {
            string outcome = MarkWeak(image) ? "marked weak" : "left as it is: something refers to it, or nothing asks for it";
            Log.LogMessage(MessageImportance.Normal, $"in {Destination} the need of {Version} is {outcome}");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        File.Delete(Destination); // The copy before may have links, from programs that run.
        File.WriteAllBytes(Destination, image);
        return true;
    }

    // The libstdc++ that the loader finds is the one that this process runs on; where it has none of its own, weak does no harm.
    private static bool SystemHas(string version)
    {
        string line = File.ReadLines("/proc/self/maps").FirstOrDefault(l => l.Contains("/libstdc++.so"));
        return line is not null && Encoding.ASCII.GetString(File.ReadAllBytes(line.Substring(line.IndexOf('/')))).Contains(version + "\0");
    }

    private bool MarkWeak(byte[] image)
    {
        List<Section> sections = Sections(image);
        Section needs = sections.First(s => s.Type == VersionNeeds);
        int strings = sections[needs.Link].Offset;
        for (int need = needs.Offset; ; need += Word(image, need + 12))
        {
            for (int version = need + Word(image, need + 8); ; version += Word(image, version + 12))
            {
                if (Text(image, strings + Word(image, version + 8)) == Version)
                {
                    bool unused = !IsReferredTo(image, sections, BitConverter.ToUInt16(image, version + 6));
                    image[version + 4] |= unused ? (byte)Weak : (byte)0;
                    return unused;
                }

                if (Word(image, version + 12) == 0)
                {
                    break;
                }
            }

            if (Word(image, need + 12) == 0)
            {
                return false;
            }
        }
    }

    private static bool IsReferredTo(byte[] image, List<Section> sections, int versionIndex)
    {
        Section versions = sections.First(s => s.Type == VersionOfSymbols);
        return sections.Where(s => s.Type == Rela && sections[s.Link].Type == DynamicSymbols)
            .SelectMany(s => Enumerable.Range(0, s.Size / 24).Select(i => Word(image, s.Offset + (i * 24) + 12)))
            .Any(symbol => BitConverter.ToUInt16(image, versions.Offset + (symbol * 2)) == versionIndex);
    }

    private static List<Section> Sections(byte[] image)
    {
        int table = (int)BitConverter.ToInt64(image, 0x28), size = BitConverter.ToUInt16(image, 0x3a), count = BitConverter.ToUInt16(image, 0x3c);
        return Enumerable.Range(0, count).Select(i => table + (i * size))
            .Select(s => new Section
            {
                Type = Word(image, s + 4),
                Offset = (int)BitConverter.ToInt64(image, s + 0x18),
                Size = (int)BitConverter.ToInt64(image, s + 0x20),
                Link = Word(image, s + 0x28),
            })
            .ToList();
    }

    private static int Word(byte[] image, int offset) => BitConverter.ToInt32(image, offset);

    private static string Text(byte[] image, int offset) => Encoding.ASCII.GetString(image, offset, Array.IndexOf(image, (byte)0, offset) - offset);

    private sealed class Section
    {
        public int Type, Offset, Size, Link;
    }
}
