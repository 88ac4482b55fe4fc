//! Where our HTML differs from comrak's: headings, links, images and formulas. All else is comrak's own.
use crate::link::{self, Target};
use comrak::create_formatter;
use comrak::html::{ChildRendering, render_sourcepos};
use comrak::nodes::NodeValue;
use std::fmt::Write;

create_formatter!(Formatter, {
    // No link inside the heading: it would be one more stop for the Tab key, named in English.
    NodeValue::Heading(ref heading) => |context, node, entering| {
        if entering {
            let id = context.anchorizer.anchorize(&node.collect_text());
            context.cr()?;
            write!(context, "<h{} id=\"h-", heading.level)?;
            context.escape(&id)?;
            context.write_str("\"")?;
            render_sourcepos(context, node)?;
            context.write_str(">")?;
        } else {
            write!(context, "</h{}>", heading.level)?;
            context.lf()?;
        }
    },
    NodeValue::Link(ref link) => |context, entering| {
        if entering {
            context.write_str("<a")?;
            match link::link(&link.url) {
                Target::Refused => {}
                Target::Internal => {
                    context.write_str(" href=\"")?;
                    match link.url.strip_prefix('#') {
                        Some(heading) if !heading.is_empty() => {
                            context.write_str("#h-")?;
                            context.escape_href(heading)?;
                        }
                        _ => context.escape_href(&link.url)?,
                    }
                    context.write_str("\"")?;
                }
                Target::External => {
                    context.write_str(" href=\"")?;
                    context.escape_href(&link.url)?;
                    context.write_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\"")?;
                }
            }
            if !link.title.is_empty() {
                context.write_str(" title=\"")?;
                context.escape(&link.title)?;
                context.write_str("\"")?;
            }
            context.write_str(">")?;
        } else {
            context.write_str("</a>")?;
        }
    },
    NodeValue::Image(ref image) => |context, entering| {
        if entering {
            context.write_str("<img")?;
            if link::image(&image.url) != Target::Refused {
                context.write_str(" src=\"")?;
                context.escape_href(&image.url)?;
                context.write_str("\"")?;
            }
            // Lazy, since a document may hold hundreds; without a referrer, since its address is a secret of those who write it.
            context.write_str(" loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"")?;
            if !image.title.is_empty() {
                context.write_str(" title=\"")?;
                context.escape(&image.title)?;
                context.write_str("\"")?;
            }
            context.write_str(" alt=\"")?;
            return Ok(ChildRendering::Plain);
        }
        context.write_str("\">")?;
    },
    // As code, so that it reads well until (and unless) somebody typesets it.
    NodeValue::Math(ref math) => |context, entering| {
        if entering {
            let style = if math.display_math { "display" } else { "inline" };
            write!(context, "<code class=\"math\" data-math=\"{style}\">")?;
            context.escape(&math.literal)?;
            context.write_str("</code>")?;
        }
    },
});
